//! The methods that [`Client`](crate::Client) and [`BoundClient`](crate::BoundClient) share with a view.

/// Gives a type with a `view` the methods of [`View`].
macro_rules! reader_methods {
    ($type:ty) => {
        impl $type {
            /// Returns the value of `key`; see [`View::get`](crate::View::get).
            ///
            /// # Errors
            ///
            /// Where there is no value, or none of this type.
            #[inline]
            pub fn get<T: $crate::FromValue>(&self, key: &str) -> Result<T, $crate::Error> {
                self.view().get(key)
            }

            /// Returns the value of `key`, or what the option says; see [`View::get_optional`](crate::View::get_optional).
            ///
            /// # Errors
            ///
            /// Where the option asks for one, or the value is of another type.
            pub fn get_optional<T: $crate::FromValue>(&self, key: &str) -> Result<Option<T>, $crate::Error> {
                self.view().get_optional(key)
            }

            /// Returns the value of `key`, or `default`; see [`View::get_or`](crate::View::get_or).
            #[inline]
            pub fn get_or<T: $crate::FromValue>(&self, key: &str, default: T) -> T {
                self.view().get_or(key, default)
            }

            /// Tells whether the flag `key` is on; see [`View::enabled`](crate::View::enabled).
            #[inline]
            pub fn enabled(&self, key: &str) -> bool {
                self.view().enabled(key)
            }

            /// Tells whether the flag `key` is on; see [`View::try_enabled`](crate::View::try_enabled).
            ///
            /// # Errors
            ///
            /// Where the value could not be made.
            pub fn try_enabled(&self, key: &str) -> Result<bool, $crate::Error> {
                self.view().try_enabled(key)
            }

            /// Returns the value of `key` and all that is known about it.
            pub fn details(&self, key: &str) -> $crate::EvaluationDetails {
                self.view().details(key)
            }

            /// Says in words why `key` has its value.
            pub fn explain(&self, key: &str) -> String {
                self.view().explain(key)
            }

            /// Returns the level for a logger; see [`View::log_level`](crate::View::log_level).
            pub fn log_level(&self, path: &str) -> $crate::LogLevel {
                self.view().log_level(path)
            }
        }
    };
}
pub(crate) use reader_methods;
