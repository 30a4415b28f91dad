package dev.tethys.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.tethys.codec.CodecException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ProtobufTest {
  @Property(tries = 300)
  void readsOutputOfProtobufJava(
      @ForAll long a, @ForAll double d, @ForAll int f, @ForAll String s, @ForAll byte[] raw)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CodedOutputStream c = CodedOutputStream.newInstance(out);
    c.writeInt64(1, a);
    c.writeSInt64(2, a);
    c.writeDouble(3, d);
    c.writeFixed32(4, f);
    String valid = new String(s.getBytes("UTF-8"), "UTF-8");
    c.writeString(1000, valid);
    c.writeByteArray(6, raw);
    c.writeBool(7, true);
    c.flush();
    ProtoReader r = new ProtoReader(out.toByteArray());
    assertThat(r.next()).isTrue();
    assertThat(r.readLong()).isEqualTo(a);
    r.next();
    assertThat(r.readSignedLong()).isEqualTo(a);
    r.next();
    assertThat(r.readDouble()).isEqualTo(d);
    r.next();
    assertThat(r.readFixed32()).isEqualTo(f);
    r.next();
    assertThat(r.field()).isEqualTo(1000);
    assertThat(r.readString()).isEqualTo(valid);
    r.next();
    assertThat(r.readBytes()).isEqualTo(raw);
    r.next();
    assertThat(r.readBool()).isTrue();
    assertThat(r.next()).isFalse();
  }

  /** A sint32 in more bits than it has, which every reader of protobuf cuts alike. */
  @Property(tries = 300)
  void truncatesSignedIntsLikeProtobufJava(@ForAll long bits) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CodedOutputStream c = CodedOutputStream.newInstance(out);
    c.writeUInt64(1, bits);
    c.flush();
    CodedInputStream in = CodedInputStream.newInstance(out.toByteArray());
    in.readTag();
    ProtoReader r = new ProtoReader(out.toByteArray());
    r.next();
    assertThat(r.readSignedInt()).isEqualTo(in.readSInt32());
  }

  @Property(tries = 300)
  void protobufJavaReadsOurOutput(
      @ForAll long a, @ForAll double d, @ForAll @Size(max = 40_000) byte[] raw) throws IOException {
    ProtoWriter w = new ProtoWriter();
    int outer = w.begin(1);
    w.int64(1, a).sint64(2, a).float64(3, d);
    int inner = w.begin(4);
    w.bytes(1, raw);
    w.end(inner);
    int packed = w.begin(5);
    w.varint(a).varint(1);
    w.end(packed);
    w.end(outer);
    w.fixed32(2, 7);
    CodedInputStream in = CodedInputStream.newInstance(w.toByteArray());
    assertThat(in.readTag()).isEqualTo(1 << 3 | 2);
    int old = in.pushLimit(in.readRawVarint32());
    in.readTag();
    assertThat(in.readInt64()).isEqualTo(a);
    in.readTag();
    assertThat(in.readSInt64()).isEqualTo(a);
    in.readTag();
    assertThat(in.readDouble()).isEqualTo(d);
    in.readTag();
    int old2 = in.pushLimit(in.readRawVarint32());
    in.readTag();
    assertThat(in.readByteArray()).isEqualTo(raw);
    assertThat(in.isAtEnd()).isTrue();
    in.popLimit(old2);
    in.readTag();
    int old3 = in.pushLimit(in.readRawVarint32());
    assertThat(in.readRawVarint64()).isEqualTo(a);
    assertThat(in.readRawVarint64()).isEqualTo(1);
    in.popLimit(old3);
    in.popLimit(old);
    in.readTag();
    assertThat(in.readFixed32()).isEqualTo(7);
    assertThat(in.isAtEnd()).isTrue();
  }

  @Property(tries = 2000)
  void readsOrRejectsAnyBytes(@ForAll byte[] bytes) {
    ProtoReader r = new ProtoReader(bytes);
    try {
      while (r.next()) {
        r.skip();
      }
      assertThat(r.position()).isEqualTo(bytes.length);
    } catch (CodecException e) {
      assertThat(e).hasMessageStartingWith("malformed protobuf: ");
    }
  }

  @Test
  void nestedMessageDoesNotReadBeyondItsEnd() {
    // field 1 of length 1 holding the first byte of a two-byte varint
    byte[] b = {0x0a, 0x02, 0x08, (byte) 0x80, 0x01};
    ProtoReader r = new ProtoReader(b);
    r.next();
    r.enter();
    r.next();
    assertThatThrownBy(r::readLong)
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("truncated");
  }

  @Test
  void declaredLengthsAreCheckedBeforeUse() {
    byte[] b = {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
    ProtoReader r = new ProtoReader(b);
    r.next();
    assertThatThrownBy(r::readBytes)
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("length of 34359738367");
  }

  @Test
  void skipsGroupsToABoundedDepth() {
    byte[] ok = {0x0b, 0x13, 0x14, 0x0c, 0x10, 0x05};
    ProtoReader r = new ProtoReader(ok);
    r.next();
    r.skip();
    r.next();
    assertThat(r.readLong()).isEqualTo(5);
    byte[] deep = new byte[100_000];
    java.util.Arrays.fill(deep, (byte) 0x0b);
    ProtoReader d = new ProtoReader(deep);
    d.next();
    assertThatThrownBy(d::skip).isInstanceOf(CodecException.class).hasMessageContaining("deep");
  }

  @Test
  void readsRepeatedNumbersInBothForms() {
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.varint(1).varint(2);
    w.end(m);
    w.int64(1, 3);
    w.end(w.begin(1));
    ProtoReader r = new ProtoReader(w.toByteArray());
    long sum = 0;
    int n = 0;
    while (r.next()) {
      for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
        sum = sum * 10 + r.readVarint();
        n++;
      }
    }
    assertThat(n).isEqualTo(3);
    assertThat(sum).isEqualTo(123);
  }
}
