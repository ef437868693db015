package io.eurus.compat.netflix;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.providers.EurekaConfigBasedInstanceInfoProvider;
import com.netflix.discovery.DefaultEurekaClientConfig;
import com.netflix.discovery.EurekaClient;

/** Registers with Netflix's client, UP at once, and follows the registry until SIGTERM. */
public final class Follower {

    private Follower() {}

    public static void main(String[] arguments) throws Exception {
        Settings settings = Settings.ofEnvironment();
        settings.toProperties();
        OwnAddress instance = new OwnAddress(settings.address());
        InstanceInfo info = new EurekaConfigBasedInstanceInfoProvider(instance).get();
        ApplicationInfoManager manager = new ApplicationInfoManager(instance, info);
        EurekaClient client = Client.start(manager, new DefaultEurekaClientConfig());
        CopyServer server = CopyServer.start(settings.address(), settings.port(), client);
        manager.setInstanceStatus(InstanceInfo.InstanceStatus.UP);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            client.shutdown();
            server.stop();
        }));
    }
}
