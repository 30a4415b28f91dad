package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sanitizing of URLs and statements by redaction. */
class SanitizersTest {
  private final Rig rig = new Rig();

  private String attribute(String yaml, Object... attributes) {
    Processor p =
        rig.processor(Redaction.factory(), Signal.TRACES, "allow_all_keys: true\n" + yaml);
    rig.send(p, Rig.traces("shop", Rig.span("s", attributes)));
    return String.valueOf(
        Rig.all(rig.traces()).getFirst().attributes().get((String) attributes[0]));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/users/123e4567-e89b-12d3-a456-426614174000 | /api/users/*",
        "/api/users/12345 | /api/users/*",
        "/api/users/123/posts/456 | /api/users/*/posts/*",
        "/api/users | /api/users",
        "/api/users?id=123&name=john | /api/users",
        "https://shop.example:8443/v1/orders/7f3a?x=1#top | https://shop.example:8443/v1/orders/*",
        "https://shop.example?token=secret | https://shop.example",
        "see http://user:secret@shop.example/a/7 and /b | see http://shop.example/a/* and /b",
        "http://user:secret@shop.example | http://shop.example",
        "/a/b/c/d/e/f/g/h/i/j/k/l | /a/b/c/d/e/f/g/h/i/j/*",
        "/attachments/aGVsbG8tcXdydHBzZGZn | /attachments/*",
        "/static/main.css | /static/main.css",
        "/users/j%C3%BCrgen/ | /users/*/",
        "no url at all 17 | no url at all 17",
        "/ | /"
      })
  void removesVariablePartsOfUrls(String url, String expected) {
    assertThat(attribute("url_sanitizer: {enabled: true, attributes: [http.url]}", "http.url", url))
        .isEqualTo(expected);
  }

  @Test
  void removesVariablePartsOfSpanNames() {
    Processor p =
        rig.processor(
            Redaction.factory(),
            Signal.TRACES,
            "{allow_all_keys: true, url_sanitizer: {enabled: true}}");
    Span get = Rig.span("GET /users/17");
    get.setKind(3);
    Span nothing = Rig.span("/17/18");
    nothing.setKind(2);
    Span internal = Rig.span("/users/17");
    internal.setKind(1);
    rig.send(p, Rig.traces("shop", get, nothing, internal));
    assertThat(Rig.all(rig.traces()))
        .extracting(Span::name)
        .containsExactly("GET /users/*", "/17/18", "/users/17");
  }

  private static final String DATABASES =
      """
      db_sanitizer:
        sql: {enabled: true, attributes: [db.statement]}
        redis: {enabled: true, attributes: [db.statement]}
        memcached: {enabled: true, attributes: [db.statement]}
        mongo: {enabled: true, attributes: [db.statement]}
        es: {enabled: true, attributes: [db.statement]}
      """;

  private String statement(String system, String text) {
    return attribute(DATABASES, "db.statement", text, "db.system.name", system);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "mysql | SELECT * FROM users WHERE id = 123 | SELECT * FROM users WHERE id = ?",
        "mariadb | UPDATE accounts SET balance = -1.5e+3 WHERE id = 0xFF | UPDATE accounts SET balance = -? WHERE id = ?",
        "mysql | SELECT \"a\\\"b secret\", 'x\\' secret' FROM `orders2024` # secret | SELECT ?, ? FROM `orders?`",
        "postgresql | SELECT \"Name\" FROM t WHERE a = 'it''s' AND b = E'\\' secret' AND c = $$secret$$ | SELECT \"Name\" FROM t WHERE a = ? AND b = ? AND c = ?",
        "postgresql | SELECT 'a\\' , b /* secret */ FROM t -- secret | SELECT ? , b  FROM t",
        "postgresql | SELECT a[1] FROM t WHERE x = $1 AND y IS NULL AND z = true | SELECT a[?] FROM t WHERE x = ? AND y IS NULL AND z = ?",
        "sqlite | INSERT INTO t VALUES (x'ab', 'never closed | INSERT INTO t VALUES (?, ?",
        "postgresql | SELECT $tag$ secret $tag$ FROM t2 | SELECT ? FROM t?",
        "postgresql | SELECT $t1$ secret $t1$, $1, ARRAY [ 'secret', E'\\' secret' ] | SELECT ?, ?, ARRAY [ ?, ? ]",
        "oracle.db | SELECT q'[it's secret]', NQ'!a secret!' FROM t | SELECT ?, ? FROM t",
        "mssql | SELECT [order id], [total2024] FROM [dbo].[t] | SELECT [order id], [total?] FROM [dbo].[t]",
        "postgresql | SELECT 'C:\\', 'secret' /* a /* secret */ 'secret */ FROM t | SELECT ?, ?  FROM t",
        "other_sql | SELECT 'C:\\', 'secret' FROM t | SELECT ?"
      })
  void masksLiteralsOfSql(String system, String sql, String expected) {
    assertThat(statement(system, sql)).isEqualTo(expected);
  }

  @Test
  void keepsNamesAndKeysOfCommands() {
    assertThat(statement("redis", "SET user:1 \"two words\nand a line\" EX 10\nGET user:1"))
        .isEqualTo("SET user:1 ?\nGET user:1");
    assertThat(statement("redis", "AUTH admin secret")).isEqualTo("AUTH ?");
    assertThat(statement("redis", "12secret")).isEqualTo("?");
    assertThat(statement("memcached", "set mykey 0 60 6\r\nsecret\r\n"))
        .isEqualTo("set mykey 0 60 6");
    assertThat(statement("mongodb", "{\"find\": \"users\", \"filter\": {\"age\": [1, null]}}"))
        .isEqualTo("{\"find\":\"?\",\"filter\":{\"age\":[\"?\",\"?\"]}}");
    assertThat(statement("elasticsearch", "{\"index\":{}}\n{\"q\":\"secret\"}\n"))
        .isEqualTo("{\"index\":{}}\n{\"q\":\"?\"}");
    assertThat(statement("mongodb", "{\"find\": \"users\", \"fil...")).isEqualTo("?");
  }

  @Test
  void leavesStatementsOfUnknownDatabasesUnlessThereIsAFallback() {
    String set = "SET user:123 john";
    assertThat(attribute(DATABASES, "db.statement", set)).isEqualTo(set);
    assertThat(statement("cassandra", set)).isEqualTo(set);
    assertThat(
            attribute(
                """
                db_sanitizer:
                  allow_fallback_without_system: true
                  sql: {enabled: true, attributes: [db.statement]}
                  redis: {enabled: true, attributes: [db.statement]}
                """,
                "db.statement",
                set))
        .isEqualTo("SET user:? ?");
  }

  @Test
  void sanitizesBodiesAndSpanNames() {
    Processor logs =
        rig.processor(
            Redaction.factory(),
            Signal.LOGS,
            "allow_all_keys: true\nurl_sanitizer: {enabled: true}\n" + DATABASES);
    rig.send(
        logs,
        Rig.logs(
            "shop",
            Rig.log(9, "SELECT 1", "db.system", "mysql"),
            Rig.log(9, "took 5 ms: /orders/17?x=y in 2")));
    assertThat(Rig.all(rig.logs()))
        .extracting(LogRecord::body)
        .containsExactly("SELECT ?", "took 5 ms: /orders/* in 2");
    Processor traces =
        rig.processor(Redaction.factory(), Signal.TRACES, "allow_all_keys: true\n" + DATABASES);
    Span s = Rig.span("SELECT 17", "db.system", "mysql");
    s.setKind(3);
    rig.send(traces, Rig.traces("shop", s));
    assertThat(Rig.all(rig.traces()).getFirst().name()).isEqualTo("SELECT ?");
  }

  @Test
  void rejectsUnknownKeys() {
    assertThatThrownBy(
            () ->
                rig.processor(
                    Redaction.factory(), Signal.LOGS, "db_sanitizer: {mysql: {enabled: true}}"))
        .hasMessageContaining("mysql");
  }
}
