package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each test has a registry and a clock of its own: an instance field. */
class ClockTest {

    @RegisterExtension
    EurusExtension eurus = EurusExtension.builder().build();

    @Test
    void timePassesOnlyWhenItIsMoved() {
        HarnessClock clock = eurus.clock();
        Instant began = clock.time();
        assertEquals(Duration.ZERO, clock.now());
        clock.advance(Duration.ofMinutes(4));
        clock.advanceTo(Duration.ofMillis(240_001));
        assertEquals(Duration.ofMillis(240_001), clock.now());
        assertEquals(began.plusMillis(240_001), clock.time());
        assertThrows(IllegalArgumentException.class, () -> clock.advance(Duration.ofMillis(-1)));
        assertThrows(IllegalArgumentException.class, () -> clock.advanceTo(Duration.ofSeconds(240)));
    }

    @Test
    void aFrozenClockRefuses() {
        HarnessClock clock = eurus.clock();
        List<Duration> happened = new ArrayList<>();
        clock.every(Duration.ofSeconds(1), () -> happened.add(clock.now()));
        clock.freeze();
        assertTrue(clock.isFrozen());
        RefusedException refused = assertThrows(RefusedException.class, () -> clock.advance(Duration.ofSeconds(5)));
        assertEquals(409, refused.status());
        assertEquals("the clock is frozen: thaw it first", refused.getMessage());
        clock.thaw();
        assertFalse(clock.isFrozen());
        assertEquals(Duration.ZERO, clock.now());
        assertEquals(List.of(), happened);
    }

    @Test
    void whatIsDueHappensAtItsMomentInItsOrder() {
        HarnessClock clock = eurus.clock();
        List<String> happened = new ArrayList<>();
        clock.every(Duration.ofSeconds(30), () -> happened.add("fetch " + clock.now().toSeconds()));
        ClockTimer poll = clock.every(Duration.ofSeconds(10), Duration.ofSeconds(20), () -> happened.add("poll "
                + clock.now().toSeconds()));
        clock.advance(Duration.ofSeconds(30));
        assertEquals(List.of("poll 10", "fetch 30", "poll 30"), happened);
        poll.cancel();
        clock.advance(Duration.ofSeconds(60));
        assertEquals(List.of("fetch 60", "fetch 90"), happened.subList(3, 5));
        clock.every(Duration.ofSeconds(1), () -> clock.advance(Duration.ofSeconds(1)));
        assertThrows(IllegalStateException.class, () -> clock.advance(Duration.ofSeconds(1)));
    }
}
