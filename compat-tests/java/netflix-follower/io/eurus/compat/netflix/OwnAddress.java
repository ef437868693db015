package io.eurus.compat.netflix;

import com.netflix.appinfo.MyDataCenterInstanceConfig;

/** The address of the registration, which Netflix's client would otherwise look up by the machine's host name. */
final class OwnAddress extends MyDataCenterInstanceConfig {

    private final String address;

    OwnAddress(String address) {
        this.address = address;
    }

    @Override
    public String getHostName(boolean refresh) {
        return address;
    }

    @Override
    public String getIpAddress() {
        return address;
    }
}
