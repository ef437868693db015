package io.eurus.junit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the caches between a registry and a caller show, and how to disturb them. Layers are named as in a nodes file:
 * {@code store}, {@code read-write}, {@code read-only} of a registry, {@code client-copy} and {@code routable} of a
 * gateway, {@code server-list} of a caller.
 */
public final class HarnessCaches {

    private final ControlApi api;

    HarnessCaches(ControlApi api) {
        this.api = api;
    }

    /**
     * The status by instance: of the nodes file's instances by their name, of those that registered by themselves by
     * their id. Who is not shown is not in it.
     */
    public Map<String, String> view(String node, String layer) {
        Map<String, String> view = new TreeMap<>();
        JsonNode shown = api.get("/caches/" + Eurus.inUrl(node) + "/" + Eurus.inUrl(layer));
        shown.fieldNames().forEachRemaining(instance -> view.put(instance, shown.get(instance).asText()));
        return view;
    }

    /** The layer is not brought up to date any more. */
    public void freeze(String node, String layer) {
        disturb(node, layer, "freeze");
    }

    /** It is brought up to date again when its time comes. */
    public void thaw(String node, String layer) {
        disturb(node, layer, "thaw");
    }

    /** It is brought up to date now. */
    public void refresh(String node, String layer) {
        disturb(node, layer, "refresh");
    }

    /** What it says is kept for {@link #putBack}. */
    public void remember(String node, String layer) {
        disturb(node, layer, "remember");
    }

    /** It says again what was remembered. */
    public void putBack(String node, String layer) {
        disturb(node, layer, "put-back");
    }

    /** Its lists get a hash that fits nothing. */
    public void spoilHash(String node, String layer) {
        disturb(node, layer, "spoil-hash");
    }

    private void disturb(String node, String layer, String how) {
        api.post("/caches/" + Eurus.inUrl(node) + "/" + Eurus.inUrl(layer) + "/" + how);
    }
}
