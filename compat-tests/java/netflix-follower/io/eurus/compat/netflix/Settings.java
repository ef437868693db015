package io.eurus.compat.netflix;

/**
 * What tells one instance from another, from the environment.
 *
 * @param app the application's name
 * @param address where it listens
 * @param port on which port
 * @param instanceId the id to register under
 * @param eurekaUrl the registry
 */
record Settings(String app, String address, int port, String instanceId, String eurekaUrl) {

    static Settings ofEnvironment() {
        return new Settings(
                need("APP"), need("ADDRESS"), Integer.parseInt(need("PORT")), need("INSTANCE_ID"), need("EUREKA_URL"));
    }

    /** Sets the properties by which Netflix's client is configured. Its intervals are 1 s, for tests are not patient. */
    void toProperties() {
        System.setProperty("eureka.name", app);
        System.setProperty("eureka.port", Integer.toString(port));
        System.setProperty("eureka.instanceId", instanceId);
        System.setProperty("eureka.vipAddress", app.toLowerCase());
        System.setProperty("eureka.serviceUrl.default", eurekaUrl);
        System.setProperty("eureka.lease.renewalInterval", "1");
        System.setProperty("eureka.client.refresh.interval", "1");
    }

    private static String need(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalArgumentException("the environment variable " + name + " is not set");
        }
        return value;
    }
}
