package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.InstanceInfo.InstanceStatus;
import com.netflix.discovery.DiscoveryClient;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a client does besides heartbeats and fetches, and what it does not any more. */
class DrivenClientTest {

    @RegisterExtension
    EurusExtension eurus = EurusExtension.builder().build();

    @Test
    void whatChangedIsRegisteredAtItsIntervals() {
        HarnessClock clock = eurus.clock();
        DiscoveryClient client = Clients.producer(eurus.serviceUrl(), "shop");
        try (DrivenClient shop = eurus.drive(client);
                DrivenClient follower = eurus.drive(Clients.follower(eurus.serviceUrl()))) {
            clock.advanceTo(Duration.ofSeconds(61));
            client.getApplicationInfoManager().registerAppMetadata(Map.of("version", "2"));
            // It looks for changes after 40 s, then every 30 s. A heartbeat would register it too, but comes after the
            // read-only cache's tick of its moment.
            clock.advanceTo(Duration.ofSeconds(90));
            follower.refresh();
            assertEquals("2", version(follower));
        }
    }

    @Test
    void aSilentClientChangesNothingAndGoesOnReading() {
        HarnessClock clock = eurus.clock();
        try (DrivenClient shop = eurus.drive(Clients.producer(eurus.serviceUrl(), "shop"));
                DrivenClient follower = eurus.drive(Clients.follower(eurus.serviceUrl()))) {
            shop.silence();
            shop.client().getApplicationInfoManager().registerAppMetadata(Map.of("version", "2"));
            clock.advance(Duration.ofSeconds(120));
            assertEquals(null, version(follower));
            follower.crash();
            shop.heartbeat(); // by hand: the registration that its change asks for
            clock.advance(Duration.ofSeconds(120));
            assertEquals(null, version(follower));
            follower.refresh();
            assertEquals("2", version(follower));
        }
    }

    @Test
    void itsOwnTimersAreStopped() throws ReflectiveOperationException {
        DiscoveryClient client = Clients.follower(eurus.serviceUrl());
        try (DrivenClient follower = eurus.drive(client)) {
            Field scheduler = DiscoveryClient.class.getDeclaredField("scheduler");
            scheduler.setAccessible(true);
            assertTrue(((ExecutorService) scheduler.get(client)).isShutdown());
        }
    }

    @Test
    void aStatusChangeIsSentWhenItIsAnnouncedAndPlansNothing() throws Exception {
        DiscoveryClient client = Clients.producer(eurus.serviceUrl(), "shop");
        ExecutorService replicator = replicator(client);
        try (DrivenClient shop = eurus.drive(client)) {
            client.getApplicationInfoManager().setInstanceStatus(InstanceStatus.DOWN);
            assertEquals(Map.of("shop-1", "DOWN"), eurus.caches().view("registry-1", "store"));
            assertTrue(replicator.isTerminated(), "it would plan its next run in real time");
        }
    }

    @Test
    void whoIsGoneAnnouncesNothing() throws Exception {
        DiscoveryClient client = Clients.producer(eurus.serviceUrl(), "shop");
        ExecutorService replicator = replicator(client);
        DrivenClient shop = eurus.drive(client);
        shop.crash();
        client.getApplicationInfoManager().setInstanceStatus(InstanceStatus.DOWN);
        if (!replicator.isShutdown()) {
            replicator.submit(() -> {}).get(); // after whatever it has been told
        }
        assertEquals(Map.of("shop-1", "UP"), eurus.caches().view("registry-1", "store"));
        client.shutdown();
    }

    private static ExecutorService replicator(DiscoveryClient client) throws ReflectiveOperationException {
        Field replicator = DiscoveryClient.class.getDeclaredField("instanceInfoReplicator");
        replicator.setAccessible(true);
        Field scheduler = replicator.getType().getDeclaredField("scheduler");
        scheduler.setAccessible(true);
        return (ExecutorService) scheduler.get(replicator.get(client));
    }

    private static String version(DrivenClient follower) {
        InstanceInfo shop = follower.client().getApplication("shop").getInstances().get(0);
        return shop.getMetadata().get("version");
    }
}
