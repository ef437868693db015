package io.eurus.junit;

/** The harness understood and refused: what was asked makes no sense, or does not fit how things stand. */
public final class RefusedException extends EurusException {

    private static final long serialVersionUID = 1L;

    /** The answer's HTTP status. */
    private final int status;

    RefusedException(int status, String words) {
        super(words);
        this.status = status;
    }

    /** 400: it makes no sense. 404: there is no such thing. 409: not now, as when the clock is frozen. */
    public int status() {
        return status;
    }
}
