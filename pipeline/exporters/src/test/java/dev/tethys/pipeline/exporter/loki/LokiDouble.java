package dev.tethys.pipeline.exporter.loki;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.airlift.compress.v3.snappy.SnappyJavaDecompressor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A Loki that remembers requests and answers as configured. Requests are decoded by Google's
 * protobuf library, by a description of the messages in Loki's push.proto.
 */
final class LokiDouble implements AutoCloseable {
  record Got(String tenant, String labels, long time, String line, String metadata) {}

  record Answer(int status, String body) {}

  private static final Descriptor PUSH = describe();

  final List<Got> entries = new ArrayList<>();
  final List<com.sun.net.httpserver.Headers> requests = new ArrayList<>();
  final Deque<Answer> answers = new ArrayDeque<>();
  @Nullable Answer always;
  volatile String away = ""; // the tenant that is answered 429
  private final HttpServer server;

  LokiDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/loki/api/v1/push", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/loki/api/v1/push";
  }

  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange x) throws IOException {
    byte[] z = x.getRequestBody().readAllBytes();
    Answer a;
    synchronized (this) {
      requests.add(x.getRequestHeaders());
      String named = x.getRequestHeaders().getFirst("X-Scope-OrgID");
      String tenant = named == null ? "" : named;
      a = always != null ? always : answers.poll();
      if (a == null && !away.isEmpty() && away.equals(tenant)) {
        a = new Answer(429, "too much");
      }
      if (a == null) {
        read(z, tenant);
        a = new Answer(204, "");
      }
      notifyAll();
    }
    byte[] body = a.body.getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(a.status, body.length == 0 ? -1 : body.length);
    x.getResponseBody().write(body);
    x.close();
  }

  private void read(byte[] z, String tenant) throws IOException {
    SnappyJavaDecompressor snappy = new SnappyJavaDecompressor();
    byte[] b = new byte[snappy.getUncompressedLength(z, 0)];
    int n = snappy.decompress(z, 0, z.length, b, 0, b.length);
    DynamicMessage push = DynamicMessage.parseFrom(PUSH, Arrays.copyOf(b, n));
    if (!push.getUnknownFields().asMap().isEmpty()) {
      throw new IllegalStateException("unknown fields");
    }
    for (Object stream : list(push, "streams")) {
      for (Object entry : list(stream, "entries")) {
        Message time = (Message) get(entry, "timestamp");
        StringBuilder metadata = new StringBuilder();
        for (Object pair : list(entry, "structuredMetadata")) {
          metadata.append(get(pair, "name")).append('=').append(get(pair, "value")).append(';');
        }
        entries.add(
            new Got(
                tenant,
                (String) get(stream, "labels"),
                (Long) get(time, "seconds") * 1_000_000_000L + (Integer) get(time, "nanos"),
                (String) get(entry, "line"),
                metadata.toString()));
      }
    }
  }

  private static Object get(Object message, String field) {
    Message m = (Message) message;
    return m.getField(m.getDescriptorForType().findFieldByName(field));
  }

  private static List<?> list(Object message, String field) {
    return (List<?>) get(message, field);
  }

  synchronized void await(BooleanSupplier condition) throws InterruptedException {
    long until = System.nanoTime() + 60_000_000_000L;
    while (!condition.getAsBoolean()) {
      long remaining = (until - System.nanoTime()) / 1_000_000;
      if (remaining <= 0) {
        throw new AssertionError("waited in vain; entries: " + entries);
      }
      wait(Math.min(remaining, 50));
    }
  }

  synchronized List<String> lines() {
    return entries.stream().map(Got::line).toList();
  }

  private static FieldDescriptorProto field(
      String name, int number, Type type, String message, boolean repeated) {
    FieldDescriptorProto.Builder b =
        FieldDescriptorProto.newBuilder()
            .setName(name)
            .setNumber(number)
            .setType(type)
            .setLabel(repeated ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL);
    return (message.isEmpty() ? b : b.setTypeName(message)).build();
  }

  private static Descriptor describe() {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("push.proto")
            .setSyntax("proto3")
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("PushRequest")
                    .addField(field("streams", 1, Type.TYPE_MESSAGE, "Stream", true)))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Stream")
                    .addField(field("labels", 1, Type.TYPE_STRING, "", false))
                    .addField(field("entries", 2, Type.TYPE_MESSAGE, "Entry", true)))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Entry")
                    .addField(field("timestamp", 1, Type.TYPE_MESSAGE, "Timestamp", false))
                    .addField(field("line", 2, Type.TYPE_STRING, "", false))
                    .addField(field("structuredMetadata", 3, Type.TYPE_MESSAGE, "Pair", true)))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Timestamp")
                    .addField(field("seconds", 1, Type.TYPE_INT64, "", false))
                    .addField(field("nanos", 2, Type.TYPE_INT32, "", false)))
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("Pair")
                    .addField(field("name", 1, Type.TYPE_STRING, "", false))
                    .addField(field("value", 2, Type.TYPE_STRING, "", false)))
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0])
          .findMessageTypeByName("PushRequest");
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
