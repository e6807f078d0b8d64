//! Options of the provider.

use prefab_client::Client;
use prefab_openfeature_mapping::contexts::TARGETING_PROPERTY;

use crate::{Metadata, PrefabProvider};

impl PrefabProvider {
    /// Creates a provider with the default options.
    ///
    /// The provider evaluates immediately if the client has received its configs. [`ClientBuilder::build_async`] returns such
    /// a client. Otherwise `set_provider` waits for them, and blocks all other evaluations of the program until then.
    ///
    /// [`ClientBuilder::build_async`]: prefab_client::ClientBuilder::build_async
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::PrefabProvider;
    ///
    /// let provider = PrefabProvider::new(Client::in_memory().build()?);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn new(client: Client) -> Self {
        Self::builder(client).build()
    }

    /// Returns a builder, to set options.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::PrefabProvider;
    ///
    /// let provider = PrefabProvider::builder(Client::in_memory().build()?).targeting_key("user.id").build();
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn builder(client: Client) -> ProviderBuilder {
        ProviderBuilder::new(client)
    }
}

/// Options of a [`PrefabProvider`]; see [`PrefabProvider::builder`].
#[derive(Clone, Debug)]
#[must_use = "call `build` to create the provider"]
pub struct ProviderBuilder {
    client: Client,
    targeting_key: String,
    metadata: Metadata,
}

impl ProviderBuilder {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, targeting_key: TARGETING_PROPERTY.to_owned(), metadata: Metadata::default() }
    }

    /// Sets the property that receives the targeting key, by default `user.key`. An empty text ignores the targeting key.
    ///
    /// A field of the evaluation context with this name has priority. Quonfig's provider uses `user.id`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::PrefabProvider;
    ///
    /// let client = Client::in_memory().build()?;
    /// let provider = PrefabProvider::builder(client).targeting_key("user.id").build();
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn targeting_key(mut self, property: impl Into<String>) -> Self {
        self.targeting_key = property.into();
        self
    }

    /// Sets the metadata that evaluations return, by default [`Metadata::Standard`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::{Metadata, PrefabProvider};
    ///
    /// let client = Client::in_memory().build()?;
    /// let provider = PrefabProvider::builder(client).metadata(Metadata::None).build();
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Creates the provider.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::PrefabProvider;
    ///
    /// let provider = PrefabProvider::builder(Client::in_memory().build()?).build();
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn build(self) -> PrefabProvider {
        PrefabProvider::from_options(self.client, self.targeting_key, self.metadata)
    }
}
