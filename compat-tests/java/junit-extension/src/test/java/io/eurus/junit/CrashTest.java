package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long a real DiscoveryClient goes on believing in an instance that is gone; each test in a registry of its own. */
class CrashTest {

    private static final Map<String, String> UP = Map.of("shop-1", "UP");
    private static final Map<String, String> GONE = Map.of();

    @RegisterExtension
    EurusExtension eurus = EurusExtension.builder().nodes("crash.yaml").build();

    @Test
    void itGoesOnBelievingInACrashedInstanceFor210Seconds() {
        long started = System.nanoTime();
        HarnessClock clock = eurus.clock();
        clock.advanceTo(Duration.ofMillis(29_999)); // it fetches a millisecond before each tick of the read-only cache
        try (DrivenClient follower = eurus.drive(Clients.follower(eurus.serviceUrl()))) {
            clock.advanceTo(Duration.ofMillis(30_001));
            DrivenClient shop = eurus.drive(Clients.producer(eurus.serviceUrl(), "shop"));
            shop.crash();
            assertEquals(UP, eurus.caches().view("registry-1", "store"));

            clock.advanceTo(Duration.ofMillis(89_998)); // the fetch at 59.999 came too early for the tick
            assertEquals(GONE, follower.view("shop"));
            clock.advanceTo(Duration.ofMillis(89_999));
            assertEquals(UP, follower.view("shop"));

            // The lease of 90 s, never renewed, is over after the eviction of 120.001 s; the next one is 60 s later.
            clock.advanceTo(Duration.ofMillis(180_000));
            assertEquals(UP, eurus.caches().view("registry-1", "store"));
            clock.advanceTo(Duration.ofMillis(180_001));
            assertEquals(GONE, eurus.caches().view("registry-1", "store"));
            assertEquals(GONE, eurus.caches().view("registry-1", "read-write"));

            clock.advanceTo(Duration.ofMillis(209_999));
            assertEquals(UP, eurus.caches().view("registry-1", "read-only"));
            clock.advanceTo(Duration.ofMillis(210_000));
            assertEquals(GONE, eurus.caches().view("registry-1", "read-only"));

            clock.advanceTo(Duration.ofMillis(239_998));
            assertEquals(UP, follower.view("shop"));
            clock.advanceTo(Duration.ofMillis(239_999)); // its fetch: 209.998 s after the crash
            assertEquals(GONE, follower.view("shop"));
            System.out.printf("239.999 s of virtual time in %d ms%n", (System.nanoTime() - started) / 1_000_000);
            shop.client().shutdown();
        }
    }

    @Test
    void whoRenewsStays() {
        HarnessClock clock = eurus.clock();
        clock.advance(Duration.ofMillis(1)); // the registry starts
        try (DrivenClient shop = eurus.drive(Clients.producer(eurus.serviceUrl(), "shop"));
                DrivenClient follower = eurus.drive(Clients.follower(eurus.serviceUrl()))) {
            clock.advance(Duration.ofMinutes(10));
            assertEquals(UP, eurus.caches().view("registry-1", "store"));
            assertEquals(UP, follower.view("shop"));

            shop.close(); // deregisters
            assertEquals(GONE, eurus.caches().view("registry-1", "store"));
            assertEquals(UP, follower.view("shop"));
            clock.advance(Duration.ofSeconds(60)); // the read-only cache, and the fetch
            assertEquals(GONE, follower.view("shop"));
        }
    }

    @Test
    void whoIsForgottenRegistersAgainWithItsNextHeartbeat() {
        HarnessClock clock = eurus.clock();
        clock.advance(Duration.ofMillis(1)); // the registry starts
        try (DrivenClient shop = eurus.drive(Clients.producer(eurus.serviceUrl(), "shop"))) {
            clock.advanceTo(Duration.ofSeconds(60));
            eurus.step("restart", "registry-1");
            assertEquals(GONE, eurus.caches().view("registry-1", "store"));
            clock.advance(Duration.ofMillis(1));
            assertEquals(UP, eurus.caches().view("registry-1", "store"));
            assertEquals("shop-1", shop.client().getApplicationInfoManager().getInfo().getInstanceId());
        }
    }
}
