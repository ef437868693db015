package io.eurus.compat.javaservice;

/**
 * The {@code /hello} requests, of whatever method, that this instance has begun to serve; also the answer of
 * {@code GET /requests}.
 *
 * @param count how many have begun since the start
 * @param lastBegunEpochMs the latest time at which one began, in milliseconds since the epoch; null when none has
 */
public record RequestsBegun(long count, Long lastBegunEpochMs) {

    static final RequestsBegun NONE = new RequestsBegun(0, null);

    /**
     * Adds a request. Threads may arrive here in another order than they read the clock, so the later time stays: a
     * test relies on nothing having begun after {@link #lastBegunEpochMs}.
     */
    RequestsBegun plusOneAt(long epochMs) {
        long latest = lastBegunEpochMs == null ? epochMs : Math.max(lastBegunEpochMs, epochMs);
        return new RequestsBegun(count + 1, latest);
    }
}
