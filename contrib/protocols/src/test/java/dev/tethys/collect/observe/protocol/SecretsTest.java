package dev.tethys.collect.observe.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values, passwords and keys in what connections carry do not get into requests. */
class SecretsTest {
  private static final String STATEMENT = "select 'C:\\', 'SECRET', a";
  private static final int NO_BACKSLASH_ESCAPES = 0x200;
  private static final int AUTOCOMMIT = 2;

  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolConnection connection =
      new ProtocolConnection(found::add, new ProtocolCounters(), Direction.SENT);
  private long time;

  private void send(byte[] bytes) {
    connection.feed(Direction.SENT, ++time, bytes, 0, bytes.length, bytes.length);
  }

  private void answer(byte[] bytes) {
    connection.feed(Direction.RECEIVED, ++time, bytes, 0, bytes.length, bytes.length);
  }

  private static byte[] postgres(char type, String text) {
    byte[] body = text.getBytes(ISO_8859_1);
    return ByteBuffer.allocate(5 + body.length)
        .put((byte) type)
        .putInt(4 + body.length)
        .put(body)
        .array();
  }

  private void query(String sql) {
    send(postgres('Q', sql + "\0"));
    answer(postgres('C', "SELECT 1\0"));
    answer(postgres('Z', "I"));
  }

  private List<String> statements() {
    return found.stream().map(ObservedRequest::statement).toList();
  }

  @Test
  void postgresqlLiteralsFollowItsSetting() {
    query(STATEMENT);
    answer(postgres('S', "standard_conforming_strings\0on\0"));
    query(STATEMENT);
    query("set standard_conforming_strings = off; " + STATEMENT);
    answer(postgres('S', "standard_conforming_strings\0off\0"));
    query("select 'a\\'SECRET', b");
    assertThat(statements())
        .containsExactly(
            "select ?",
            "select ?, ?, a",
            "set standard_conforming_strings = off; select ?",
            "select ?, b");
  }

  private static byte[] mysql(int number, byte[] body) {
    return ByteBuffer.allocate(4 + body.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(body.length | number << 24)
        .put(body)
        .array();
  }

  private void mysqlQuery(String sql, int flags) {
    send(mysql(0, ("\3" + sql).getBytes(ISO_8859_1)));
    answer(mysql(1, new byte[] {0, 0, 0, (byte) flags, (byte) (flags >> 8), 0, 0}));
  }

  @Test
  void mysqlLiteralsFollowTheServerMode() {
    mysqlQuery(STATEMENT, AUTOCOMMIT);
    mysqlQuery("select 'a\\'SECRET', b", AUTOCOMMIT);
    mysqlQuery("set sql_mode = 'NO_BACKSLASH_ESCAPES'", AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    mysqlQuery(STATEMENT, AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    mysqlQuery("select \"a\\\" SECRET\", b", AUTOCOMMIT | NO_BACKSLASH_ESCAPES);
    assertThat(statements().subList(0, 4))
        .containsExactly("select ?", "select ?, b", "set sql_mode = ?", "select ?, ?, a");
  }

  private void http(String line) {
    send((line + " HTTP/1.1\r\nHost: h\r\n\r\n").getBytes(ISO_8859_1));
    answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
    send(("GET / HTTP/1.1\r\nHost: h\r\n\r\n").getBytes(ISO_8859_1));
    answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource({
    "GET http://user:SECRET@host:80/a?token=SECRET, http://host:80/a",
    "GET /reset/0123456789abcdef0123456789SECRET, /reset/*",
    "GET /a;jsessionid=SECRET/b, /a;*/b"
  })
  void targetsHaveNoPasswordsAndTokens(String line, String target) {
    http(line);
    assertThat(found.getFirst().target()).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2\r\n$3\r\nGET\r\n$14\r\nsession:SECRET\r\n",
        "*3\r\n$3\r\nSET\r\n$14\r\nsession:SECRET\r\n$6\r\nSECRET\r\n",
        "get SECRET\r\n",
        "get a SECRET\r\n"
      })
  void keysAreMasked(String command) {
    send(command.getBytes(ISO_8859_1));
    answer((command.startsWith("*") ? "+OK\r\n" : "END\r\n").getBytes(ISO_8859_1));
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().toString()).doesNotContain("SECRET");
    assertThat(found.getFirst().statement()).contains("?");
  }
}
