//! The methods that [`Client`](crate::Client), [`BoundClient`](crate::BoundClient) and [`View`](crate::View) share.

/// Gives a type with a `view` method the methods of [`View`](crate::View).
macro_rules! reader_methods {
    ($type:ty, $setup:literal) => {
        impl $type {
            /// Returns the value of the config `key`.
            ///
            /// `T` is `i64` or another integer, `f64`, `bool`, `String`, `Vec<String>`, `Duration`,
            /// [`LogLevel`](crate::LogLevel), [`Json<YourType>`](crate::Json), or `serde_json::Value` for any of
            /// them. Values are never converted from one kind to another.
            ///
            /// # Errors
            ///
            /// - [`Error::MissingDefault`](crate::Error::MissingDefault) if there is no value
            /// - [`Error::TypeMismatch`](crate::Error::TypeMismatch) if the value is not a `T`
            /// - [`Error::Evaluation`](crate::Error::Evaluation) if the value cannot be computed
            /// - [`Error::InitializationTimeout`](crate::Error::InitializationTimeout) and
            ///   [`Error::Unauthorized`](crate::Error::Unauthorized) before the first response from the server
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// let limit: i64 = client.get("max-jobs")?;
            /// assert_eq!(limit, 30);
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            #[inline]
            pub fn get<T: $crate::FromValue>(&self, key: &str) -> Result<T, $crate::Error> {
                self.view().get(key)
            }

            /// Returns the value of the config `key`, or `None` if there is no value and the client is built with
            /// [`OnNoDefault::ReturnNone`](crate::OnNoDefault::ReturnNone).
            ///
            /// # Errors
            ///
            /// The same as for [`get`](Self::get). By default, a missing value is an error.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// assert_eq!(client.get_optional::<i64>("max-jobs")?, Some(30));
            /// assert!(client.get_optional::<i64>("no-such-key").is_err());
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            pub fn get_optional<T: $crate::FromValue>(&self, key: &str) -> Result<Option<T>, $crate::Error> {
                self.view().get_optional(key)
            }

            /// Returns the value of the config `key`, or `default` if there is no value of this type.
            ///
            /// If the value has another type or cannot be computed, the client logs a warning, once per key and kind of
            /// error.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// assert_eq!(client.get_or("max-jobs", 10), 30);
            /// assert_eq!(client.get_or("pause-seconds", 1.5), 1.5);
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            #[inline]
            pub fn get_or<T: $crate::FromValue>(&self, key: &str, default: T) -> T {
                self.view().get_or(key, default)
            }

            /// Returns whether the flag `key` is on: whether its value is the bool `true`.
            ///
            /// Returns `false` for a missing flag, for a value of another type, and after an error. The client logs each
            /// kind of error once per key.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// assert!(client.enabled("new-checkout"));
            /// assert!(!client.enabled("no-such-flag"));
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            #[inline]
            pub fn enabled(&self, key: &str) -> bool {
                self.view().enabled(key)
            }

            /// Returns whether the flag `key` is on, or why that cannot be determined.
            ///
            /// Returns `Ok(false)` for a missing flag and for a value of another type.
            ///
            /// # Errors
            ///
            /// - [`Error::Evaluation`](crate::Error::Evaluation) if the value cannot be computed
            /// - [`Error::InitializationTimeout`](crate::Error::InitializationTimeout) and
            ///   [`Error::Unauthorized`](crate::Error::Unauthorized) before the first response from the server
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// assert!(client.try_enabled("new-checkout")?);
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            pub fn try_enabled(&self, key: &str) -> Result<bool, $crate::Error> {
                self.view().try_enabled(key)
            }

            /// Returns the value of the config `key` with its reason, variant, source and match.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_client::Reason;
            ///
            #[doc = $setup]
            /// let details = client.details("max-jobs");
            /// assert_eq!((details.display.as_str(), details.reason), ("30", Reason::Static));
            /// assert_eq!(details.source.as_deref(), Some("program"));
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            pub fn details(&self, key: &str) -> $crate::EvaluationDetails {
                self.view().details(key)
            }

            /// Explains why the config `key` has its value: lists every rule that was tried, with the result.
            ///
            /// Confidential values are redacted.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $setup]
            /// println!("{}", client.explain("new-checkout"));
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            pub fn explain(&self, key: &str) -> String {
                self.view().explain(key)
            }

            /// Returns the level of a logger, for example `my_app::db` or `my_app.db`.
            ///
            /// The closest key above the logger determines it: `log-level.my_app.db`, then `log-level.my_app`, then
            /// `log-level`. Without any of them the level is `Warn`.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_client::LogLevel;
            ///
            #[doc = $setup]
            /// assert_eq!(client.log_level("my_app::db"), LogLevel::Warn);
            /// # Ok::<(), prefab_client::Error>(())
            /// ```
            pub fn log_level(&self, path: &str) -> $crate::LogLevel {
                self.view().log_level(path)
            }
        }
    };
}
pub(crate) use reader_methods;
