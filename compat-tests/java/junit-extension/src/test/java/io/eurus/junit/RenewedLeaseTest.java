package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A lease that was renewed lives twice its 90 s; and self-preservation, on as stock, lets go only because others renew. */
@EurusRegistry(nodes = "others.yaml")
class RenewedLeaseTest {

    @Test
    void silenceAfterAHeartbeatTakes90SecondsLonger(Eurus eurus, HarnessClock clock, @EurusUrl String serviceUrl) {
        clock.advanceTo(Duration.ofMillis(1));
        DrivenClient shop = eurus.drive(Clients.producer(serviceUrl, "shop"));
        clock.advanceTo(Duration.ofMillis(29_999));
        try (DrivenClient follower = eurus.drive(Clients.follower(serviceUrl))) {
            // Its first heartbeat only registers it again: a starting client marks itself changed after it registered.
            clock.advanceTo(Duration.ofMillis(60_002));
            shop.silence();

            // Renewed at 60.001 s, so over after 240.001 s, when an eviction just passes by.
            clock.advanceTo(Duration.ofMillis(300_000));
            assertEquals("UP", eurus.caches().view("registry-1", "store").get("shop-1"));
            clock.advanceTo(Duration.ofMillis(300_001));
            assertEquals(12, eurus.caches().view("registry-1", "store").size());

            clock.advanceTo(Duration.ofMillis(359_998));
            assertEquals("UP", follower.view("shop").get("shop-1"));
            clock.advanceTo(Duration.ofMillis(359_999));
            assertEquals(0, follower.view("shop").size());
            assertEquals(12, follower.view("others").size());
        } finally {
            shop.client().shutdown();
        }
    }
}
