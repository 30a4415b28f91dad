package dev.tethys.collect.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineIdentityTest {
  @TempDir Path proc;

  @Test
  void readsIdentityFromTheMachineOrItsFirmware() throws Exception {
    assertThat(MachineIdentity.read(proc)).isEqualTo(new MachineIdentity("", ""));
    Path dmi = Files.createDirectories(proc.resolve("sys/devices/virtual/dmi/id"));
    Files.writeString(dmi.resolve("product_uuid"), "12-34\n");
    assertThat(MachineIdentity.read(proc)).isEqualTo(new MachineIdentity("1234", "12-34"));
    Files.writeString(Files.createDirectories(proc.resolve("etc")).resolve("machine-id"), "abc\n");
    assertThat(MachineIdentity.read(proc)).isEqualTo(new MachineIdentity("abc", "12-34"));
    assertThat(MachineIdentity.read(proc).labels().toString())
        .isEqualTo("{machine_id=\"abc\", system_uuid=\"12-34\"}");
  }
}
