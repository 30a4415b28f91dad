package dev.tethys.codec.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatsdReaderTest {
  private static List<String> read(StatsdReader.Tags tags, byte[] b) {
    List<String> out = new ArrayList<>();
    new StatsdReader(tags)
        .read(
            b,
            0,
            b.length,
            new StatsdReader.Sink() {
              @Override
              public void sample(StatsdSample s) {
                out.add(
                    s.kind()
                        + " "
                        + s.name()
                        + s.tags()
                        + " "
                        + (s.kind() == StatsdKind.SET ? s.member() : "" + s.value())
                        + (s.relative() ? " relative" : "")
                        + (s.rate() == 1 ? "" : " @" + s.rate()));
              }

              @Override
              public void refused(String line, String reason) {
                out.add(reason);
              }

              @Override
              public void badTag(String line) {
                out.add("bad tag");
              }
            });
    return out;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "foo:2|c~COUNTER foo{} 2.0",
        "foo:3|g~GAUGE foo{} 3.0",
        "foo:-3|g~GAUGE foo{} -3.0 relative",
        "foo:+3.5|g~GAUGE foo{} 3.5 relative",
        "foo:200|ms~TIMING foo{} 200.0",
        "foo:200|h~HISTOGRAM foo{} 200.0",
        "foo:200|d|@0.1~DISTRIBUTION foo{} 200.0 @0.1",
        "foo:x y|s~SET foo{} x y",
        "foo:1|c|@0.1|#tag1:bar,tag2:baz~COUNTER foo{tag1=bar, tag2=baz} 1.0 @0.1",
        "foo:1|c|#tag1:bar,#tag2:b:z,~COUNTER foo{tag1=bar, tag2=b:z} 1.0",
        "foo:1|c|#tag1~bad tag;COUNTER foo{} 1.0",
        "foo#tag1=bar,tag2=baz:1|c~COUNTER foo{tag1=bar, tag2=baz} 1.0",
        "foo,tag1=bar,tag2=baz:1|c~COUNTER foo{tag1=bar, tag2=baz} 1.0",
        "foo.[tag1=bar,tag2=baz]test:1|c~COUNTER foo.test{tag1=bar, tag2=baz} 1.0",
        "foo[tag:1|c~bad tag;COUNTER foo[tag{} 1.0",
        "foo#a=b:1|c|#c:d~mixed_tagging_styles",
        "foo:200|ms:300|ms:5|c|@0.1:6|g~TIMING foo{} 200.0;TIMING foo{} 300.0;COUNTER foo{} 5.0"
            + " @0.1;GAUGE foo{} 6.0",
        "foo:1|c:5|c~COUNTER foo{} 1.0;COUNTER foo{} 5.0",
        "foo:0.5:120:5.0|d|#t:v~DISTRIBUTION foo{t=v} 0.5;DISTRIBUTION foo{t=v} 120.0;DISTRIBUTION"
            + " foo{t=v} 5.0",
        "foo:1:2|c~invalid_extended_aggregate_type",
        "foo:1|c|#t:v|c:83c0a99c0a54|T1656581400~COUNTER foo{t=v, container_id=83c0a99c0a54} 1.0",
        "foo:1|c|#t:v|c:~malformed_container_id",
        "foo:1|c|c:in-abc~COUNTER foo{container_id=in-abc} 1.0",
        "foo~malformed_line",
        ":1|c~malformed_line",
        "foo:1~not_enough_parts_after_colon",
        "foo:x|c~malformed_value",
        "foo:1d|c~malformed_value",
        "foo:1|x~illegal_event",
        "foo:1|c|~malformed_component",
        "foo:1|c|@x~invalid_sample_factor;COUNTER foo{} 1.0",
        "foo:1|c|@0~invalid_sample_factor;COUNTER foo{} 1.0",
        "_e{5,4}:title|text~event",
        "_sc|Redis|2|#env:dev~service_check"
      })
  void readsLines(String line, String expected) {
    assertThat(String.join(";", read(StatsdReader.Tags.ALL, line.getBytes(UTF_8))))
        .isEqualTo(expected);
  }

  @Test
  void unreadTagsStayInTheName() {
    StatsdReader.Tags none = new StatsdReader.Tags(false, false, false, false, false, "", false);
    assertThat(read(none, "a,b=c[d]#e:1|c|#t:v\n\nb:1|g\r\n".getBytes(UTF_8)))
        .containsExactly("COUNTER a,b=c[d]#e{} 1.0", "GAUGE b{} 1.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "foo:1|c|#tag1~COUNTER foo{tag1=} 1.0",
        "foo:1|c|#tag1,b:c,d:~COUNTER foo{tag1=, b=c, d=} 1.0",
        "foo:1|c|#:b~bad tag;COUNTER foo{} 1.0",
        "foo:1|c|#~COUNTER foo{} 1.0",
        "foo:1|c|#t:v|c:83c0a99c0a54|T1656581400~COUNTER foo{t=v, container.id=83c0a99c0a54} 1.0",
        "foo:1|c|#t:v|c:~COUNTER foo{t=v} 1.0",
        "foo:1|g|c:in-abc|#t~GAUGE foo{container.id=in-abc, t=} 1.0",
        "foo:1|c:2|c~COUNTER foo{} 1.0;COUNTER foo{} 2.0"
      })
  void readsTagsWithoutValuesAndContainersIfConfigured(String line, String expected) {
    StatsdReader.Tags tags =
        new StatsdReader.Tags(true, true, true, true, true, "container.id", false);
    assertThat(String.join(";", read(tags, line.getBytes(UTF_8)))).isEqualTo(expected);
  }

  @Test
  void rejectsInvalidUtf8() {
    assertThat(read(StatsdReader.Tags.ALL, new byte[] {'a', (byte) 0xff, ':', '1', '|', 'c'}))
        .containsExactly("malformed_line");
  }

  @Property(tries = 500)
  void readsArbitraryBytesToTheEnd(@ForAll @Size(max = 100) byte[] b) {
    assertThat(read(StatsdReader.Tags.ALL, b).size()).isLessThanOrEqualTo(2 * b.length + 1);
  }
}
