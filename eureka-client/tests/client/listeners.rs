use std::sync::{Arc, OnceLock, Weak};

use eurus_client::{ClientConfig, EurekaClient, Fetch, FetchListener};
use eurus_service::{Clock, Shutdown};
use parking_lot::Mutex;

use crate::lists::{list, shown};
use crate::scripted::Scripted;

/// Notes what it is told and what `registry()` shows meanwhile.
struct Witness {
    name: &'static str,
    client: Arc<OnceLock<Weak<EurekaClient>>>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl FetchListener for Witness {
    fn fetched(&self, fetch: &Fetch) {
        let visible = self.client.get().and_then(Weak::upgrade).unwrap().registry();
        self.notes.lock().push(format!(
            "{}: {} brings {:?}, visible {:?}",
            self.name,
            fetch.kind,
            shown(&fetch.registry),
            shown(&visible)
        ));
    }
}

#[tokio::test]
async fn listeners_are_called_in_order_before_anybody_sees_the_copy() {
    let registry = Scripted::start().await;
    registry.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
    registry.serves_delta(list("7", "DOWN_1_", &[("A", "h:1", "DOWN", "MODIFIED")]));
    let (clock, hand) = Clock::manual(0);
    let (client, notes) = (Arc::<OnceLock<_>>::default(), Arc::<Mutex<Vec<String>>>::default());
    let listeners = ["first", "second"]
        .map(|name| -> Arc<dyn FetchListener> {
            Arc::new(Witness { name, client: Arc::clone(&client), notes: Arc::clone(&notes) })
        })
        .to_vec();
    let eureka = EurekaClient::new(ClientConfig::stock(vec![registry.url()]), clock, listeners).unwrap();
    client.set(Arc::downgrade(&eureka)).unwrap();

    let shutdown = Shutdown::new();
    let run = tokio::spawn(Arc::clone(&eureka).run(shutdown.clone()));
    hand.advance_ms(30_000).await.unwrap();
    hand.settle().await.unwrap();
    eureka.refresh().await.unwrap();
    shutdown.trigger();
    run.await.unwrap();
    assert_eq!(
        *notes.lock(),
        [
            r#"first: full brings ["A/h:1 UP"], visible []"#,
            r#"second: full brings ["A/h:1 UP"], visible []"#,
            r#"first: delta brings ["A/h:1 DOWN"], visible ["A/h:1 UP"]"#,
            r#"second: delta brings ["A/h:1 DOWN"], visible ["A/h:1 UP"]"#,
            r#"first: full brings ["A/h:1 UP"], visible ["A/h:1 DOWN"]"#,
            r#"second: full brings ["A/h:1 UP"], visible ["A/h:1 DOWN"]"#,
        ]
    );
}
