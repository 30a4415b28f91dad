package dev.tethys.collect.database.mongodb.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDbPointer;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonUndefined;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;

/** Compared with the codec of MongoDB's own driver. */
final class BsonTest {
  private static final String ID = "507f1f77bcf86cd799439011";

  private static BsonDocument all() {
    return new BsonDocument()
        .append("double", new BsonDouble(-1.5))
        .append("text", new BsonString("größe €"))
        .append("document", new BsonDocument("a.b", new BsonInt32(1)))
        .append("list", new BsonArray(List.of(new BsonInt32(1), new BsonString("zwei"))))
        .append("bytes", new BsonBinary(new byte[] {1, 2, 3}))
        .append("old bytes", new BsonBinary((byte) 2, new byte[] {4}))
        .append("undefined", new BsonUndefined())
        .append("id", new BsonObjectId(new ObjectId(ID)))
        .append("yes", BsonBoolean.TRUE)
        .append("date", new BsonDateTime(1_700_000_000_123L))
        .append("null", BsonNull.VALUE)
        .append("regex", new BsonRegularExpression("^a", "i"))
        .append("pointer", new BsonDbPointer("db.c", new ObjectId(ID)))
        .append("code", new BsonJavaScript("f()"))
        .append("symbol", new BsonSymbol("s"))
        .append("scope", new BsonJavaScriptWithScope("f()", new BsonDocument()))
        .append("int", new BsonInt32(Integer.MIN_VALUE))
        .append("time", new BsonTimestamp(1_700_000_000, 7))
        .append("long", new BsonInt64(Long.MAX_VALUE))
        .append("decimal", new BsonDecimal128(Decimal128.parse("1.10")))
        .append("min", new BsonMinKey())
        .append("max", new BsonMaxKey());
  }

  private static byte[] bytes(BsonDocument d) {
    try (BasicOutputBuffer out = new BasicOutputBuffer()) {
      new BsonDocumentCodec()
          .encode(new BsonBinaryWriter(out), d, EncoderContext.builder().build());
      return out.toByteArray();
    }
  }

  @Test
  void readsEveryType() throws Exception {
    ByteBuffer in = ByteBuffer.wrap(bytes(all()));
    Document d = Bson.read(in);
    assertThat(in.hasRemaining()).isFalse();
    assertThat(d.fields()).hasSize(22);
    assertThat(d.number("double")).isEqualTo(-1.5);
    assertThat(d.text("text")).isEqualTo("größe €");
    assertThat(d.number("document", "a.b")).isEqualTo(1);
    assertThat(d.list("list")).isEqualTo(List.of(1, "zwei"));
    assertThat(d.at("bytes"))
        .isInstanceOfSatisfying(
            Document.Binary.class, b -> assertThat(b.bytes()).containsExactly(1, 2, 3));
    assertThat(d.at("old bytes"))
        .isInstanceOfSatisfying(
            Document.Binary.class, b -> assertThat(b.bytes()).containsExactly(4));
    assertThat(d.at("undefined")).isNull();
    assertThat(d.at("id")).isEqualTo(new Document.ObjectId(ID));
    assertThat(d.isTrue("yes")).isTrue();
    assertThat(d.at("date")).isEqualTo(Instant.ofEpochMilli(1_700_000_000_123L));
    assertThat(d.at("null")).isNull();
    assertThat(d.text("symbol")).isEqualTo("s");
    assertThat(d.at("int")).isEqualTo(Integer.MIN_VALUE);
    assertThat(d.at("time")).isEqualTo(new Document.Timestamp(1_700_000_000, 7));
    assertThat(d.at("long")).isEqualTo(Long.MAX_VALUE);
    for (String name : List.of("regex", "pointer", "code", "scope", "decimal", "min", "max")) {
      assertThat(d.at(name)).as(name).isInstanceOf(Document.Other.class);
    }
  }

  @Test
  void driverReadsWrittenDocuments() {
    Document d =
        Document.of(
            "double",
            0.1,
            "text",
            "größe",
            "inner",
            Document.of("n", null, "yes", false),
            "list",
            List.of(1, 2L),
            "bytes",
            new Document.Binary(4, new byte[16]),
            "id",
            new Document.ObjectId(ID),
            "date",
            Instant.ofEpochMilli(-1),
            "time",
            new Document.Timestamp(4_000_000_000L, 3_000_000_000L));
    BsonDocument read =
        new BsonDocumentCodec()
            .decode(
                new BsonBinaryReader(ByteBuffer.wrap(Bson.write(d))),
                DecoderContext.builder().build());
    assertThat(read)
        .isEqualTo(
            new BsonDocument()
                .append("double", new BsonDouble(0.1))
                .append("text", new BsonString("größe"))
                .append(
                    "inner", new BsonDocument("n", BsonNull.VALUE).append("yes", BsonBoolean.FALSE))
                .append("list", new BsonArray(List.of(new BsonInt32(1), new BsonInt64(2))))
                .append("bytes", new BsonBinary((byte) 4, new byte[16]))
                .append("id", new BsonObjectId(new ObjectId(ID)))
                .append("date", new BsonDateTime(-1))
                .append("time", new BsonTimestamp((int) 4_000_000_000L, (int) 3_000_000_000L)));
  }

  @Test
  void rejectsDamagedDocuments() {
    byte[] whole = bytes(all());
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Bson.read(ByteBuffer.wrap(cut))).isInstanceOf(IOException.class);
    }
    for (int at = 0; at < whole.length; at++) {
      for (int x : new int[] {0, 0x7f, 0x80, 0xff}) {
        byte[] changed = whole.clone();
        changed[at] = (byte) x;
        try {
          assertThat(Bson.read(ByteBuffer.wrap(changed))).isNotNull();
        } catch (IOException e) {
          assertThat(e).hasMessageMatching("(?s).*BSON.*|.*nested.*");
        }
      }
    }
  }

  @Test
  void nestingIsBounded() {
    byte[] inner = HexFormat.of().parseHex("0500000000");
    for (int i = 0; i < 300; i++) {
      inner =
          ByteBuffer.allocate(inner.length + 8)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(inner.length + 8)
              .put((byte) 3)
              .put((byte) 'a')
              .put((byte) 0)
              .put(inner)
              .put((byte) 0)
              .array();
    }
    ByteBuffer deep = ByteBuffer.wrap(Objects.requireNonNull(inner));
    assertThatThrownBy(() -> Bson.read(deep)).hasMessageContaining("nested deeper");
  }
}
