package dev.tethys.collect.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.Owner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessOwnersTest {
  @TempDir Path proc;
  private long now;

  private void process(int id, String cgroup, String commandLine) throws Exception {
    Path p = Files.createDirectories(proc.resolve(Integer.toString(id)));
    Files.writeString(p.resolve("cgroup"), cgroup);
    Files.writeString(p.resolve("cmdline"), commandLine.replace(' ', '\0'));
    Files.writeString(p.resolve("comm"), "comm\n");
  }

  @Test
  void ownerIsTheUnitOrContainerElseTheProgram() throws Exception {
    process(1, "0::/system.slice/nginx.service\n", "nginx");
    process(2, "0::/user.slice/user-0.slice/session-1.scope\n", "/usr/bin/redis-server *:6379");
    process(3, "5:memory:/docker/abc\n0::/\n", "node server.js");
    process(4, "0::/\n", "");
    ProcessOwners owners = new ProcessOwners(proc, () -> now);
    assertThat(owners.ownerOf(0, 1)).isEqualTo(new Owner("/system.slice/nginx.service", ""));
    assertThat(owners.ownerOf(0, 2)).isEqualTo(new Owner("/process/redis-server", ""));
    assertThat(owners.ownerOf(0, 3)).isEqualTo(new Owner("/docker/abc", ""));
    assertThat(owners.ownerOf(0, 4)).isEqualTo(new Owner("/process/comm", ""));
    assertThat(owners.ownerOf(0, 5)).isNull();
    assertThat(owners.ownerOf(7, 0)).isNull();
  }

  @Test
  void readsAProcessAgainAfterHalfAMinute() throws Exception {
    process(1, "0::/\n", "sh");
    ProcessOwners owners = new ProcessOwners(proc, () -> now);
    assertThat(owners.ownerOf(0, 1)).isEqualTo(new Owner("/process/sh", ""));
    process(1, "0::/\n", "nginx");
    assertThat(owners.ownerOf(0, 1)).isEqualTo(new Owner("/process/sh", ""));
    now += 31_000_000_000L;
    assertThat(owners.ownerOf(0, 1)).isEqualTo(new Owner("/process/nginx", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "/usr/sbin/nginx -g daemon, nginx",
    "nginx: worker process, nginx",
    "java -Xmx1g -jar /opt/shop.jar --port 1, shop.jar",
    "java -cp a.jar:b.jar dev.shop.Main x, Main",
    "/usr/bin/python3 -u /srv/app.py, app.py",
    "python3 -m http.server, http.server",
    "node /srv/index.js, index.js",
    "java, java"
  })
  void namesProgramsAndScripts(String commandLine, String name) {
    assertThat(ProcessOwners.name(commandLine.replace(' ', '\0').getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(name);
  }

  @Test
  void identityIsThatOfTheMachineOrOfItsFirmware() throws Exception {
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
