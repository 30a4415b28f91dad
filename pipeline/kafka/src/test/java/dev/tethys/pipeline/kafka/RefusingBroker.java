package dev.tethys.pipeline.kafka;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;
import org.jspecify.annotations.Nullable;

/**
 * Proxy of a real broker that answers produce requests with storage errors, as Kafka messages, per
 * topic. Everything else is passed through, one request after the other per connection.
 */
final class RefusingBroker implements AutoCloseable {
  private final int broker;
  private final ServerSocket server;
  private final Map<Uuid, Errors> errors = new ConcurrentHashMap<>();
  private final Map<Uuid, Integer> left = new ConcurrentHashMap<>();
  private final Map<Uuid, Integer> refused = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();

  /**
   * @param broker the port of the real one
   */
  RefusingBroker(int broker) throws IOException {
    this.broker = broker;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("refusing broker").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Fails further writes to a topic with this error; {@link Errors#NONE} to stop. */
  void refuse(Uuid topic, Errors with) {
    errors.put(topic, with);
  }

  /** Fails the next {@code requests} writes to a topic with this error. */
  void refuse(Uuid topic, Errors with, int requests) {
    left.put(topic, requests);
    errors.put(topic, with);
  }

  /** Number of failed write requests to a topic. */
  int refused(Uuid topic) {
    return refused.getOrDefault(topic, 0);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        sockets.add(client);
        Thread.ofVirtual().name("refusing broker's connection").start(() -> serve(client));
      } catch (IOException e) {
        // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket far = new Socket(InetAddress.getLoopbackAddress(), broker)) {
      sockets.add(far);
      DataInputStream in = new DataInputStream(client.getInputStream());
      DataOutputStream out = new DataOutputStream(client.getOutputStream());
      DataInputStream answers = new DataInputStream(far.getInputStream());
      DataOutputStream questions = new DataOutputStream(far.getOutputStream());
      while (true) {
        byte[] request = frame(in);
        Write write = write(request);
        Errors error = write == null ? Errors.NONE : next(write.topic().topicId());
        byte[] answer = write == null || error == Errors.NONE ? null : refusal(write, error);
        if (answer == null || error == Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND) {
          send(questions, request);
          byte[] given = frame(answers);
          answer = answer == null ? given : answer;
        }
        send(out, answer);
      }
    } catch (EOFException e) {
      // either side has ended
    } catch (IOException e) {
      // or was reset
    }
  }

  private static byte[] frame(DataInputStream in) throws IOException {
    byte[] b = new byte[in.readInt()];
    in.readFully(b);
    return b;
  }

  private static void send(DataOutputStream out, byte[] frame) throws IOException {
    out.write(ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).array());
    out.flush();
  }

  /** A request to write to one topic. */
  private record Write(RequestHeader header, TopicProduceData topic) {}

  private static @Nullable Write write(byte[] request) {
    ByteBuffer in = ByteBuffer.wrap(request);
    if (in.getShort(0) != ApiKeys.PRODUCE.id) {
      return null;
    }
    RequestHeader header = RequestHeader.parse(in);
    ProduceRequest body = ProduceRequest.parse(new ByteBufferAccessor(in), header.apiVersion());
    return new Write(header, body.data().topicData().iterator().next());
  }

  private Errors next(Uuid topic) {
    Errors e = errors.getOrDefault(topic, Errors.NONE);
    if (e != Errors.NONE) {
      refused.merge(topic, 1, Integer::sum);
      left.computeIfPresent(topic, (t, n) -> n - 1);
      if (left.getOrDefault(topic, 1) == 0) {
        errors.put(topic, Errors.NONE);
      }
    }
    return e;
  }

  private static byte[] refusal(Write write, Errors error) {
    TopicProduceResponse topic =
        new TopicProduceResponse().setTopicId(write.topic.topicId()).setName(write.topic.name());
    write
        .topic
        .partitionData()
        .forEach(
            p ->
                topic
                    .partitionResponses()
                    .add(
                        new PartitionProduceResponse()
                            .setIndex(p.index())
                            .setErrorCode(error.code())
                            .setBaseOffset(-1)));
    ProduceResponseData answer = new ProduceResponseData();
    answer.responses().add(topic);
    ResponseHeader header = write.header.toResponseHeader();
    return RequestUtils.serialize(
            header.data(), header.headerVersion(), answer, write.header.apiVersion())
        .array();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket s : sockets) {
      s.close();
    }
  }
}
