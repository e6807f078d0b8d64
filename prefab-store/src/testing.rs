//! A contract suite for stores: what every implementation of [`Store`](crate::Store) guarantees, as tests.
//!
//! An implementation runs all of them with one line in an integration test:
//!
//! ```text
//! prefab_store::contract_tests!(|| {
//!     let dir = tempfile::tempdir().unwrap();
//!     move |clock| Arc::new(MyStore::open(dir.path(), clock).unwrap()) as Arc<dyn Store>
//! });
//! ```
//!
//! A second argument can skip the tests where the database is not installed.
//!
//! The outer closure prepares one empty store, for example a folder or a schema. The inner closure opens
//! a handle on that store. The suite opens several handles, as several servers on one database do, and steps the clock
//! that it passes.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod accounts;
mod api_keys;
mod audit_log;
mod config_log;
mod drafts;
mod fixture;
mod leases;
mod login_attempts;
mod presence;
mod projects;
mod recovery;
mod scheduled_removals;
mod store;
mod usage_counts;

pub use fixture::Fixture;

/// Declares the tests of the suite. `$d` is a dollar sign for the inner macro.
macro_rules! suite {
    (($d:tt) $($module:ident { $($test:ident,)* })*) => {
        $($(
            #[doc(hidden)]
            pub async fn $test(fixture: Fixture) {
                $module::$test(fixture).await;
            }
        )*)*

        /// Declares a `#[tokio::test]` for each test of the contract suite. See [`testing`](crate::testing).
        #[macro_export]
        macro_rules! contract_tests {
            ($d make:expr) => {
                $crate::contract_tests!($d make, true);
            };
            ($d make:expr, $d is_possible:expr) => {
                $($(
                    #[tokio::test]
                    async fn $test() {
                        if !$d is_possible {
                            return;
                        }
                        $crate::testing::$test($crate::testing::Fixture::new($d make).await).await;
                    }
                )*)*
            };
        }
    };
}

suite! { ($)
    config_log {
        ids_grow_and_are_read_exactly_by_javascript,
        ids_grow_when_the_clock_does_not_advance,
        ids_are_never_reused_by_two_handles,
        since_lists_the_newest_version_of_each_key,
        a_version_that_is_not_the_expected_one_is_a_conflict,
        an_append_writes_all_changes_or_none,
        an_append_returns_what_a_read_returns,
        an_append_to_an_unknown_project_fails,
        a_version_is_returned_as_it_was_appended,
        history_lists_the_versions_of_one_key_newest_first,
        changes_are_listed_in_pages_newest_first,
        changes_after_an_id_are_listed_oldest_first_with_what_they_replaced,
        deleted_lists_tombstones_until_the_key_is_created_again,
        comments_are_those_of_current_versions_in_the_range,
        projects_have_logs_of_their_own,
    }
    projects {
        the_registry_lists_projects_and_their_environments,
        only_one_handle_creates_the_first_project,
        an_environment_is_renamed_and_protected,
        a_name_is_taken_once_per_project,
        a_project_name_is_taken_once,
    }
    api_keys {
        a_key_is_stored_as_its_hash,
        a_key_is_revoked_once,
        a_key_of_an_unknown_environment_is_not_issued,
        a_named_key_is_listed_with_its_details,
        an_expired_key_cannot_be_given_a_later_end,
        the_last_use_of_a_key_never_goes_back,
    }
    drafts {
        a_key_has_one_draft_at_most,
        an_approval_is_for_the_draft_that_was_seen,
        a_discarded_draft_is_gone,
    }
    audit_log {
        entries_are_listed_in_pages_newest_first,
        each_filter_selects_entries,
        a_change_and_its_entry_are_written_together,
        old_entries_are_deleted_and_newer_ones_stay,
        equal_refusals_of_an_hour_are_one_entry,
        refusals_of_an_hour_have_a_bounded_number_of_entries,
    }
    usage_counts {
        counts_are_added_per_hour_and_value,
        counts_are_clamped_when_they_overflow,
        an_unknown_key_is_dropped_and_an_unknown_version_is_not_named,
        evaluation_rows_are_limited_per_hour,
        public_keys_get_half_of_the_rows,
        loggers_are_limited_and_counted_by_level,
        the_oldest_properties_and_examples_are_replaced,
        old_counts_are_deleted_and_newer_ones_stay,
    }
    scheduled_removals {
        a_removal_is_due_at_its_time,
        a_rule_has_one_removal_at_most,
        a_cancelled_removal_is_never_due,
        a_completed_removal_leaves_a_later_one_in_place,
        every_target_is_returned_as_it_was_scheduled,
    }
    login_attempts {
        attempts_of_all_handles_are_counted_together,
        a_refused_attempt_does_not_count_for_later_subjects,
        ended_and_surplus_attempts_are_deleted,
    }
    presence {
        clients_of_all_servers_are_listed,
        a_report_replaces_the_last_one_and_ends,
    }
    leases {
        one_owner_has_a_lease_until_it_ends,
        a_released_lease_can_be_paused,
    }
    accounts {
        a_token_name_is_taken_while_the_token_is_in_effect,
        the_first_user_manages_every_project,
        an_invitation_is_for_one_user_once,
        an_invitation_ends_at_its_time_or_when_it_is_revoked,
        an_email_has_one_account,
        a_session_ends_when_it_is_not_used,
        a_session_ends_after_its_longest_time,
        a_new_password_ends_all_sessions_but_one,
        a_reset_is_used_once_and_ends_all_sessions,
        the_last_admin_of_a_project_stays,
        a_removed_member_loses_their_tokens_in_that_project,
        membership_starts_when_the_person_accepts_it,
        a_person_is_not_both_a_member_and_offered_membership,
        the_newest_browsers_of_a_person_are_known,
        the_last_owner_stays,
        a_browser_is_known_until_the_password_changes,
        a_deleted_user_is_gone_with_sessions_and_tokens,
        a_token_allows_no_more_than_its_owner,
        a_token_ends_at_its_time_or_when_it_is_revoked,
    }
    recovery {
        a_log_that_went_back_is_noticed,
        older_versions_are_appended_again_above_the_seen_ones,
        keys_that_are_gone_are_deleted,
        lost_changes_become_drafts,
        a_recovery_keeps_an_existing_draft,
        all_versions_are_appended_again_on_request,
        the_epoch_changes_once_per_recovery,
    }
    store {
        every_handle_is_notified_of_a_change,
        a_notification_names_what_changed,
        usage_does_not_notify,
        a_handle_answers_a_ping_and_has_a_size,
    }
}
