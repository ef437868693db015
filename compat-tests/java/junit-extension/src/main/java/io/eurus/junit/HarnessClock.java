package io.eurus.junit;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The clock of everything that the harness runs. Time stands still until a test lets it pass.
 *
 * <p>What runs in the test's own JVM keeps the machine's time, unless it is told when its time has come: {@link #every},
 * and {@link Eurus#drive} for a DiscoveryClient. One thread at a time can let time pass; others wait.
 */
public final class HarnessClock {

    private final ControlApi api;
    private final List<ClockTimer> timers = new ArrayList<>();
    private boolean isAdvancing;

    HarnessClock(ControlApi api) {
        this.api = api;
    }

    /** Virtual time since the begin. */
    public Duration now() {
        return Duration.ofMillis(api.get("/clock").get("now_ms").asLong());
    }

    /** The date that the nodes' clocks show. */
    public Instant time() {
        return Instant.ofEpochMilli(api.get("/clock").get("epoch_ms").asLong());
    }

    /**
     * Lets time pass; returns when everything that was due is done: at the nodes, and of what is to happen
     * {@linkplain #every every so often}. At one moment the nodes come first.
     *
     * @throws RefusedException when the clock is frozen
     */
    public synchronized void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("time does not go back: " + by);
        }
        long nowMs = pass(0);
        passUntil(nowMs, nowMs + by.toMillis());
    }

    /**
     * Lets time pass until a moment since the begin.
     *
     * @throws IllegalArgumentException when it is over already
     */
    public synchronized void advanceTo(Duration sinceBegin) {
        long nowMs = pass(0);
        if (sinceBegin.toMillis() < nowMs) {
            throw new IllegalArgumentException("it is " + Duration.ofMillis(nowMs) + " already: time does not go back to "
                    + sinceBegin);
        }
        passUntil(nowMs, sinceBegin.toMillis());
    }

    /** Refuses to let time pass, until {@link #thaw}: for the part of a test in which nothing may move. */
    public synchronized void freeze() {
        api.post("/clock/freeze");
    }

    /** Time can pass again. */
    public synchronized void thaw() {
        api.post("/clock/thaw");
    }

    /** Whether it is frozen. */
    public boolean isFrozen() {
        return api.get("/clock").get("frozen").asBoolean();
    }

    /**
     * Something that is to happen whenever so much virtual time has passed, on the thread that lets it pass: the refresh
     * of a balancer's list, the poll of a client of your own. What it throws, {@link #advance} throws.
     */
    public ClockTimer every(Duration period, Runnable what) {
        return every(period, period, what);
    }

    /** The same, for the first time after another span. */
    public synchronized ClockTimer every(Duration first, Duration period, Runnable what) {
        if (period.toMillis() < 1 || first.isNegative()) {
            throw new IllegalArgumentException("not a period: " + period + ", first " + first);
        }
        ClockTimer timer = new ClockTimer(this, now().plus(first).toMillis(), period, what);
        timers.add(timer);
        return timer;
    }

    synchronized void forget(ClockTimer timer) {
        timers.remove(timer);
    }

    private void passUntil(long beganMs, long targetMs) {
        if (isAdvancing) {
            throw new IllegalStateException("time passes already: what happens every so often cannot move it");
        }
        isAdvancing = true;
        try {
            long nowMs = beganMs;
            for (Optional<ClockTimer> next = nextUntil(targetMs); next.isPresent(); next = nextUntil(targetMs)) {
                nowMs = pass(Math.max(0, next.get().dueMs() - nowMs));
                next.get().run(nowMs);
            }
            pass(targetMs - nowMs);
        } finally {
            isAdvancing = false;
        }
    }

    /** Of several that are due at once, who was there first. */
    private Optional<ClockTimer> nextUntil(long targetMs) {
        return timers.stream()
                .filter(timer -> timer.dueMs() <= targetMs)
                .min(Comparator.comparingLong(ClockTimer::dueMs));
    }

    private long pass(long spanMs) {
        JsonNode clock = api.post("/clock/advance?by=" + spanMs + "ms");
        return clock.get("now_ms").asLong();
    }
}
