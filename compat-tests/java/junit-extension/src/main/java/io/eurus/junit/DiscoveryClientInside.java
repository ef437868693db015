package io.eurus.junit;

import com.netflix.appinfo.ApplicationInfoManager.StatusChangeListener;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.StatusChangeEvent;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What a DiscoveryClient does not offer in public. By reflection rather than by a class of ours in its package: that would
 * have to be loaded by the very class loader of the client.
 */
final class DiscoveryClientInside {

    private static final long REGISTERS_WITHIN_SECONDS = 10;

    private final DiscoveryClient client;
    private final Method renew;
    private final Method refreshRegistry;
    private final Method refreshInstanceInfo;
    private final Method register;

    DiscoveryClientInside(DiscoveryClient client) {
        this.client = client;
        renew = method("renew");
        refreshRegistry = method("refreshRegistry");
        refreshInstanceInfo = method("refreshInstanceInfo");
        register = method("register");
    }

    void renew() {
        call(renew);
    }

    void refreshRegistry() {
        call(refreshRegistry);
    }

    /** What the client's InstanceInfoReplicator does when its time comes. */
    void replicate() {
        call(refreshInstanceInfo);
        InstanceInfo own = client.getApplicationInfoManager().getInfo();
        Long dirtySince = own.isDirtyWithTime();
        if (dirtySince != null) {
            call(register);
            own.unsetIsDirty(dirtySince);
        }
    }

    /** Its timers for heartbeats and fetches for good, and the replicator's: that plans its next run after each. */
    void stopTimers() {
        ExecutorService scheduler = (ExecutorService) value(client, DiscoveryClient.class, "scheduler");
        if (scheduler != null) {
            scheduler.shutdownNow();
        }
        Object replicator = value(client, DiscoveryClient.class, "instanceInfoReplicator");
        if (replicator == null) {
            return;
        }
        ExecutorService planned = (ExecutorService) value(replicator, replicator.getClass(), "scheduler");
        if (planned instanceof ScheduledThreadPoolExecutor timers) {
            timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        }
        planned.shutdown();
        try {
            // A registration that is under way comes to its end: nothing is said in the background afterwards.
            if (!planned.awaitTermination(REGISTERS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                planned.shutdownNow();
            }
        } catch (InterruptedException error) {
            planned.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /**
     * In place of the client's own listener, whose replicator has no threads any more: a status that the application
     * announces is registered before the call that announces it returns.
     */
    void replicateStatusChanges() {
        if (client.getEurekaClientConfig().shouldOnDemandUpdateStatusChange()) {
            // The same id takes the listener's place, and shutdown() takes it away as it would its own.
            client.getApplicationInfoManager().registerStatusChangeListener(new StatusChangeListener() {
                @Override
                public String getId() {
                    return statusListenerId();
                }

                @Override
                public void notify(StatusChangeEvent change) {
                    replicate();
                }
            });
        }
    }

    void ignoreStatusChanges() {
        String id = statusListenerId();
        if (id != null) {
            client.getApplicationInfoManager().unregisterStatusChangeListener(id);
        }
    }

    /** Null: a client that does not register has none. */
    private String statusListenerId() {
        Object own = value(client, DiscoveryClient.class, "statusChangeListener");
        return own == null ? null : ((StatusChangeListener) own).getId();
    }

    private void call(Method method) {
        try {
            method.invoke(client);
        } catch (IllegalAccessException error) {
            throw unknown(method.getName(), error);
        } catch (InvocationTargetException error) {
            throw new EurusException("the client's " + method.getName() + "() failed: " + error.getCause(), error.getCause());
        }
    }

    private static Method method(String name) {
        try {
            Method method = DiscoveryClient.class.getDeclaredMethod(name);
            method.setAccessible(true);
            return method;
        } catch (ReflectiveOperationException | RuntimeException error) {
            throw unknown(name, error);
        }
    }

    private static Object value(Object of, Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException | RuntimeException error) {
            throw unknown(name, error);
        }
    }

    private static EurusException unknown(String name, Exception error) {
        String version = DiscoveryClient.class.getPackage().getImplementationVersion();
        return new EurusException("this DiscoveryClient" + (version == null ? "" : " (" + version + ")") + " has no '" + name
                + "' that can be used: eureka-client 1.10 and 2.0 have. Move its time by clock().every(...) yourself", error);
    }
}
