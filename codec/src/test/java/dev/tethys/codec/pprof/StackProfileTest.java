package dev.tethys.codec.pprof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.StackProfile.About;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.guard.RequestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StackProfileTest {
  private static int add(byte[] text) {
    ProfilesWriter out = new ProfilesWriter();
    StackProfile p = new StackProfile(new About("cpu", "nanoseconds", "", "", 0, 1, 1), out);
    int[] stacks = new int[1];
    FoldedStacks.groups(
        text,
        (folded, value) -> {
          List<Frame> frames = new ArrayList<>();
          for (String f : folded.split(";", -1)) {
            frames.add(new Frame(f, 0));
          }
          p.add(StackProfile.stack(frames, out), List.of(), value);
          stacks[0]++;
        });
    return stacks[0];
  }

  /** Each line a stack and a function of its own. */
  private static byte[] text(int lines) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      sb.append("main;f").append(i).append(" 1\n");
    }
    return sb.toString().getBytes(UTF_8);
  }

  @Test
  void chargesExpandedTextToTheRequest() {
    byte[] text = text(20_000);
    AtomicLong charged = new AtomicLong();
    int stacks = RequestMemory.during(charged::addAndGet, () -> add(text));
    assertThat(stacks).isEqualTo(20_000);
    assertThat(charged).hasValueGreaterThan(20_000L * 500);
    charged.set(0);
    byte[] same = "main;f 1\n".repeat(20_000).getBytes(UTF_8);
    RequestMemory.during(charged::addAndGet, () -> add(same));
    assertThat(charged).hasValueLessThan(10_000);
  }

  @Test
  void stopsWhenTheRequestHasNoMemoryLeft() {
    AtomicLong charged = new AtomicLong();
    byte[] text = text(200_000);
    assertThatThrownBy(
            () ->
                RequestMemory.during(
                    bytes -> {
                      if (charged.addAndGet(bytes) > 10_000_000) {
                        throw new IllegalStateException("used up");
                      }
                    },
                    () -> add(text)))
        .hasMessage("used up");
    assertThat(charged).hasValueLessThan(10_100_000);
  }
}
