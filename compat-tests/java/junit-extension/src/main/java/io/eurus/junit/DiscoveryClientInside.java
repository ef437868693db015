package io.eurus.junit;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.DiscoveryClient;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a DiscoveryClient does not offer in public. By reflection rather than by a class of ours in its package: that would
 * have to be loaded by the very class loader of the client.
 */
final class DiscoveryClientInside {

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

    /** Its timers for heartbeats and fetches for good, and the replicator's next run. */
    void stopTimers() {
        ExecutorService scheduler = (ExecutorService) value(client, DiscoveryClient.class, "scheduler");
        if (scheduler != null) {
            scheduler.shutdownNow();
        }
        Object replicator = value(client, DiscoveryClient.class, "instanceInfoReplicator");
        if (replicator != null) {
            Object planned = value(replicator, replicator.getClass(), "scheduledPeriodicRef");
            if (((AtomicReference<?>) planned).get() instanceof Future<?> next) {
                next.cancel(false);
            }
        }
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
