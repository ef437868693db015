package io.eurus.junit;

import com.netflix.appinfo.MyDataCenterInstanceConfig;

/** An instance that need not ask the machine for its host name, and is UP when it registers. */
final class OwnAddress extends MyDataCenterInstanceConfig {

    private final String app;

    OwnAddress(String app) {
        this.app = app;
    }

    @Override
    public String getAppname() {
        return app;
    }

    @Override
    public String getInstanceId() {
        return app + "-1";
    }

    @Override
    public String getHostName(boolean refresh) {
        return "127.0.0.1";
    }

    @Override
    public String getIpAddress() {
        return "127.0.0.1";
    }

    @Override
    public boolean isInstanceEnabledOnit() {
        return true;
    }
}
