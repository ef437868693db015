package io.eurus.compat.grpc;

/** {@code server ADDRESS PORT}, until it is killed; or {@code caller TARGET PREFIX}, which makes calls and ends with 0 if all went well. */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "server" -> Serving.start(arguments[1], Integer.parseInt(arguments[2])).awaitTermination();
            case "caller" -> new Calls(arguments[1], arguments[2]).all();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.exit(0);
    }
}
