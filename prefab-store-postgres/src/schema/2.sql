ALTER TABLE @.known_browser DROP CONSTRAINT known_browser_pkey;
ALTER TABLE @.known_browser ADD PRIMARY KEY (hash, person_id);
DROP INDEX @.known_browser_by_person;
CREATE INDEX known_browser_by_person ON @.known_browser (person_id, seen_at_millis);
