package io.eurus.compat.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The methods of the one service, whose messages are plain bytes. */
final class Methods {
    static final String SERVICE = "eurus.Test";

    private Methods() {}

    /** With something before its name, as a gateway's route wants it. */
    static MethodDescriptor<byte[], byte[]> method(String before, String name, MethodType type) {
        return MethodDescriptor.newBuilder(Plain.INSTANCE, Plain.INSTANCE)
                .setType(type)
                .setFullMethodName(before + SERVICE + "/" + name)
                .build();
    }

    private enum Plain implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }
}
