package io.eurus.junit;

/** The harness cannot be started, or is gone, or refused what was asked; the message says what to do. */
public class EurusException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    EurusException(String message) {
        super(message);
    }

    EurusException(String message, Throwable cause) {
        super(message, cause);
    }
}
