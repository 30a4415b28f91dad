package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stores whose answers to remote reads are meant to fill the memory of their client. */
class HostileReadTest {
  private static final int MEMORY = 8 << 20;

  private final ByteBudget memory = new ByteBudget(MEMORY);
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private HttpServer server;
  private byte[] answer = {};
  private String encoding = "snappy";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          x.getRequestBody().readAllBytes();
          x.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          x.getResponseHeaders().set("Content-Encoding", encoding);
          x.sendResponseHeaders(200, 0);
          try (var out = x.getResponseBody()) {
            out.write(answer);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private List<StoredSeries> read(long maxSamples) throws Exception {
    RemoteReadConfig c =
        RemoteReadConfig.readAll(
                RemoteReadConfig.LIST.read(
                    YamlDocument.parse(
                            "p.yml",
                            null,
                            "[{url: 'http://127.0.0.1:" + server.getAddress().getPort() + "/'}]")
                        .root()))
            .getFirst();
    return new RemoteReadClient(c, clients.client(c.client()), maxSamples, memory)
        .read(new ReadRequest.Query(0, 1000, List.of(), null));
  }

  @Test
  void doesNotDecodeResponsesThatExceedTheLimitDecoded() {
    byte[] large = new byte[4 * MEMORY];
    answer = SnappyBlock.encode(large, 0, large.length);
    assertThat(answer.length).isLessThan(MEMORY / 2);
    assertThatThrownBy(() -> read(1000))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("take more than " + MEMORY + " bytes of memory");
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void doesNotReadLargeResponseToItsEnd() {
    encoding = "identity";
    answer = new byte[2 * MEMORY];
    assertThatThrownBy(() -> read(1000))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("take more than " + MEMORY + " bytes of memory");
    assertThat(memory.inUse()).isZero();
  }
}
