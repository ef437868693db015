package io.eurus.compat.grpc;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;

/** The service. */
final class Serving {
    private Serving() {}

    static Server start(String address, int port) throws Exception {
        var service = ServerServiceDefinition.builder(Methods.SERVICE)
                .addMethod(Methods.method("", "Echo", MethodType.UNARY), ServerCalls.asyncUnaryCall(Serving::echo))
                .addMethod(Methods.method("", "Fail", MethodType.UNARY), ServerCalls.asyncUnaryCall(Serving::fail))
                .addMethod(Methods.method("", "Silent", MethodType.UNARY), ServerCalls.asyncUnaryCall((message, answer) -> {}))
                .addMethod(
                        Methods.method("", "Count", MethodType.SERVER_STREAMING),
                        ServerCalls.asyncServerStreamingCall(Serving::count))
                .addMethod(
                        Methods.method("", "Join", MethodType.CLIENT_STREAMING),
                        ServerCalls.asyncClientStreamingCall(Joining::new))
                .addMethod(
                        Methods.method("", "Repeat", MethodType.BIDI_STREAMING),
                        ServerCalls.asyncBidiStreamingCall(answer -> answer))
                .build();
        return NettyServerBuilder.forAddress(new InetSocketAddress(address, port)).addService(service).build().start();
    }

    private static void echo(byte[] message, StreamObserver<byte[]> answer) {
        answer.onNext(message);
        answer.onCompleted();
    }

    private static void fail(byte[] message, StreamObserver<byte[]> answer) {
        answer.onError(Status.NOT_FOUND.withDescription("no such thing: ä, 100 %").asRuntimeException());
    }

    private static void count(byte[] message, StreamObserver<byte[]> answer) {
        for (int number = 0; number < message[0]; number++) {
            answer.onNext(new byte[] {(byte) number});
        }
        answer.onCompleted();
    }

    private static final class Joining implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> answer;
        private final ByteArrayOutputStream all = new ByteArrayOutputStream();

        Joining(StreamObserver<byte[]> answer) {
            this.answer = answer;
        }

        @Override
        public void onNext(byte[] message) {
            all.writeBytes(message);
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
            echo(all.toByteArray(), answer);
        }
    }
}
