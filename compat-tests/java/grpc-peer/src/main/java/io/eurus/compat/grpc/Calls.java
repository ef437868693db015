package io.eurus.compat.grpc;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Calls of all four kinds, and what they come to. Each is said when it went well; the first that does not ends the process. */
final class Calls {
    private static final long BOUND_S = 60;

    private final ManagedChannel channel;
    private final String prefix;

    Calls(String target, String prefix) {
        this.channel = NettyChannelBuilder.forTarget(target).usePlaintext().build();
        this.prefix = prefix;
    }

    void all() throws Exception {
        check("unary", Arrays.equals(unary(prefix, "Echo", "hello", BOUND_S * 1000), bytes("hello")));
        check("server's stream", serverStream() == 100);
        check("client's stream", clientStream() == 3_000_002);
        check("both ways", bothWays());
        status("an error of the server", "Fail", prefix, BOUND_S * 1000, Status.Code.NOT_FOUND, "no such thing: ä, 100 %");
        status("a deadline", "Silent", prefix, 300, Status.Code.DEADLINE_EXCEEDED, "");
        status("an unknown service", "Echo", "unknown/", BOUND_S * 1000, Status.Code.UNAVAILABLE, "no service UNKNOWN");
        channel.shutdownNow();
    }

    private byte[] unary(String before, String name, String message, long deadlineMs) {
        var options = CallOptions.DEFAULT.withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
        return ClientCalls.blockingUnaryCall(channel, Methods.method(before, name, MethodType.UNARY), options, bytes(message));
    }

    private int serverStream() {
        var method = Methods.method(prefix, "Count", MethodType.SERVER_STREAMING);
        var numbers = ClientCalls.blockingServerStreamingCall(channel, method, bounded(), new byte[] {100});
        int count = 0;
        while (numbers.hasNext() && numbers.next()[0] == count) {
            count++;
        }
        return count;
    }

    private int clientStream() throws Exception {
        var answers = new Answers();
        var call = channel.newCall(Methods.method(prefix, "Join", MethodType.CLIENT_STREAMING), bounded());
        var messages = ClientCalls.asyncClientStreamingCall(call, answers);
        messages.onNext(bytes("a"));
        messages.onNext(new byte[3_000_000]);
        messages.onNext(bytes("b"));
        messages.onCompleted();
        return answers.next().length;
    }

    private boolean bothWays() throws Exception {
        var answers = new Answers();
        var call = channel.newCall(Methods.method(prefix, "Repeat", MethodType.BIDI_STREAMING), bounded());
        var messages = ClientCalls.asyncBidiStreamingCall(call, answers);
        for (var word : new String[] {"one", "two", "three"}) {
            messages.onNext(bytes(word));
            if (!Arrays.equals(answers.next(), bytes(word))) {
                return false;
            }
        }
        messages.onCompleted();
        return answers.next() == Answers.END;
    }

    private void status(
            String what, String name, String before, long deadlineMs, Status.Code code, String description) {
        try {
            unary(before, name, "x", deadlineMs);
            check(what, false);
        } catch (StatusRuntimeException error) {
            var status = error.getStatus();
            var said = status.getDescription() == null ? "" : status.getDescription();
            check(what + " (" + status + ")", status.getCode() == code && said.contains(description));
        }
    }

    private static CallOptions bounded() {
        return CallOptions.DEFAULT.withDeadlineAfter(BOUND_S, TimeUnit.SECONDS);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void check(String what, boolean isWell) {
        System.out.println((isWell ? "ok: " : "FAILED: ") + what);
        if (!isWell) {
            System.exit(1);
        }
    }

    /** What comes back, one by one. */
    private static final class Answers implements StreamObserver<byte[]> {
        static final byte[] END = {};
        private static final byte[] BROKEN = {};
        private final BlockingQueue<byte[]> queue = new LinkedBlockingQueue<>();

        @Override
        public void onNext(byte[] message) {
            queue.add(message);
        }

        @Override
        public void onError(Throwable error) {
            System.out.println(error);
            queue.add(BROKEN);
        }

        @Override
        public void onCompleted() {
            queue.add(END);
        }

        byte[] next() throws InterruptedException {
            var message = queue.poll(BOUND_S, TimeUnit.SECONDS);
            return message == null ? BROKEN : message;
        }
    }
}
