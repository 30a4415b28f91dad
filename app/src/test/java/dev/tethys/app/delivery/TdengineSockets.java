package dev.tethys.app.delivery;

import dev.tethys.app.delivery.TdengineDouble.Refused;
import dev.tethys.app.delivery.TdengineDouble.Table;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import dev.tethys.web.ServerWebSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * WebSocket of taosAdapter ({@code /ws}) over the tables of a double: actions conn, version,
 * binary_query, fetch block and free_result. Rows travel in TDengine's block of columns, as
 * taos-jdbcdriver 3.7 reads it.
 */
final class TdengineSockets implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_MESSAGE = 1 << 21;
  private static final long QUERY = 6;
  private static final long FETCH = 7;

  private final TdengineDouble tables;
  private final HttpListener listener;

  TdengineSockets(TdengineDouble tables) throws IOException {
    this.tables = tables;
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes().webSocket("/ws", this::serve),
            null);
  }

  int port() {
    return listener.port();
  }

  private void serve(HttpRequest request, HttpResponse response) throws IOException {
    ServerWebSocket socket = ServerWebSocket.accept(request, response, MAX_MESSAGE);
    String database = "";
    @Nullable Table waiting = null;
    for (byte[] m = socket.receive(); m != null; m = socket.receive()) {
      if (m[0] == '{') {
        JsonNode said = JSON.readTree(m);
        String action = said.path("action").asString();
        if (action.equals("conn")) {
          database = said.path("args").path("db").asString("");
        }
        if (!action.equals("free_result")) {
          socket.sendText(
              answer(action, said.path("args").path("req_id").asLong())
                  .put("version", "3.3.6.0")
                  .toString());
        }
        continue;
      }
      ByteBuffer in = ByteBuffer.wrap(m).order(ByteOrder.LITTLE_ENDIAN);
      long id = in.getLong();
      in.getLong(); // the result
      long type = in.getLong();
      in.getShort(); // version
      if (type == QUERY) {
        String sql = new String(m, in.position() + 4, in.getInt(), StandardCharsets.UTF_8);
        ObjectNode answer = answer("binary_query", id);
        try {
          Table table = tables.run(database, sql);
          waiting = table;
          describe(answer, table);
        } catch (Refused e) {
          answer.put("code", e.code).put("message", e.getMessage());
        }
        socket.sendText(answer.toString());
      } else if (type == FETCH) {
        socket.sendBinary(block(id, waiting));
        waiting = null;
      } else {
        throw new IOException("action " + type);
      }
    }
  }

  private static ObjectNode answer(String action, long id) {
    return JSON.createObjectNode()
        .put("code", 0)
        .put("message", "")
        .put("action", action)
        .put("req_id", id)
        .put("timing", 1);
  }

  private static void describe(ObjectNode answer, Table table) {
    answer
        .put("id", 1)
        .put("is_update", table.affected() >= 0)
        .put("affected_rows", Math.max(0, table.affected()))
        .put("fields_count", table.columns().size())
        .put("precision", 0);
    var names = answer.putArray("fields_names");
    var types = answer.putArray("fields_types");
    var lengths = answer.putArray("fields_lengths");
    for (int i = 0; i < table.columns().size(); i++) {
      names.add(table.columns().get(i));
      types.add(code(table.type(i)));
      lengths.add(64);
    }
  }

  private static int code(String type) {
    return switch (type) {
      case "INT" -> 4;
      case "DOUBLE" -> 7;
      case "TIMESTAMP" -> 9;
      case "JSON" -> 15;
      default -> 8;
    };
  }

  private static byte[] block(long id, @Nullable Table table) {
    byte[] block = table == null || table.rows().isEmpty() ? null : columns(table);
    ByteBuffer out =
        ByteBuffer.allocate(51 + (block == null ? 0 : 4 + block.length))
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(-1).putLong(FETCH).putShort((short) 1).putLong(1).putLong(id);
    out.putInt(0).putInt(0).putLong(1).put((byte) (block == null ? 1 : 0));
    if (block != null) {
      out.putInt(block.length).put(block);
    }
    return out.array();
  }

  private static byte[] columns(Table table) {
    int rows = table.rows().size();
    int columns = table.columns().size();
    ByteBuffer out = ByteBuffer.allocate(MAX_MESSAGE).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(1).putInt(0).putInt(rows).putInt(columns).putInt(0).putLong(0);
    for (int c = 0; c < columns; c++) {
      out.put((byte) code(table.type(c))).putInt(64);
    }
    int lengths = out.position();
    out.position(lengths + 4 * columns);
    for (int c = 0; c < columns; c++) {
      int column = c;
      List<@Nullable Object> values = new ArrayList<>();
      table.rows().forEach(r -> values.add(r.get(column)));
      int length =
          switch (table.type(c)) {
            case "TIMESTAMP", "DOUBLE" -> fixed(out, values);
            default -> varying(out, values);
          };
      out.putInt(lengths + 4 * c, length);
    }
    byte[] block = new byte[out.position()];
    out.putInt(4, block.length).get(0, block);
    return block;
  }

  /** A bit for each row that is null, then eight bytes per row. */
  private static int fixed(ByteBuffer out, List<@Nullable Object> values) {
    int nulls = out.position();
    out.position(nulls + (values.size() + 7) / 8);
    for (int i = 0; i < values.size(); i++) {
      switch (values.get(i)) {
        case Instant t -> out.putLong(t.toEpochMilli());
        case Double d -> out.putDouble(d);
        case null, default -> {
          int at = nulls + i / 8;
          out.put(at, (byte) (out.get(at) | 0x80 >> i % 8));
          out.putLong(0);
        }
      }
    }
    return 8 * values.size();
  }

  /** Where each row begins, -1 for null, then length and bytes of each. */
  private static int varying(ByteBuffer out, List<@Nullable Object> values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (@Nullable Object value : values) {
      if (value == null) {
        out.putInt(-1);
        continue;
      }
      out.putInt(bytes.size());
      byte[] text =
          value instanceof Map
              ? JSON.writeValueAsBytes(value)
              : value.toString().getBytes(StandardCharsets.UTF_8);
      bytes.write(text.length & 0xff);
      bytes.write(text.length >> 8);
      bytes.writeBytes(text);
    }
    out.put(bytes.toByteArray());
    return bytes.size();
  }

  @Override
  public void close() {
    listener.close();
  }
}
