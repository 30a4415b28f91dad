package dev.tethys.pipeline.receiver.coroot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.pprof.PprofReader.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorootProfilesTest {
  @ParameterizedTest
  @CsvSource({
    "ebpf:cpu:nanoseconds,cpu,nanoseconds",
    "java:cpu:nanoseconds,java_cpu,nanoseconds",
    "java:heap_alloc_space:bytes,alloc_space,bytes",
    "java:lock_delay:nanoseconds,lock_delay,nanoseconds",
    "go:profile_cpu:nanoseconds,go_cpu,nanoseconds",
    "go:profile_samples:count,samples,count",
    "go:goroutine_goroutine:count,goroutine,count",
    "go:mutex_contentions:count,mutex_contentions,count",
    "go_runtime:heap_inuse_objects:count,inuse_objects,count",
    "other:cpu:nanoseconds,other:cpu:nanoseconds,u",
    "cpu,cpu,u"
  })
  void mapsSampleTypesToNamesOfOtherAgents(String type, String name, String unit) {
    assertThat(CorootProfiles.named(new Named(type, "u", false)))
        .isEqualTo(new Named(name, unit, false));
  }
}
