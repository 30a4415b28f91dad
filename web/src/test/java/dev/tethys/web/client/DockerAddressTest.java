package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DockerAddressTest {
  @Test
  void readsSocketsAndUrls() throws Exception {
    DockerAddress socket = DockerAddress.of("unix:///run/docker.sock", false);
    assertThat(socket).isEqualTo(new DockerAddress("http://docker", Path.of("/run/docker.sock")));
    assertThat(socket.get("/info").unixSocket()).isEqualTo(Path.of("/run/docker.sock"));
    assertThat(socket.get("/info").uri()).hasToString("http://docker/info");
    assertThat(DockerAddress.of("tcp://host:2375/", false).base()).isEqualTo("http://host:2375");
    assertThat(DockerAddress.of("tcp://host:2376", true).base()).isEqualTo("https://host:2376");
    assertThat(DockerAddress.of("https://host//", false).base()).isEqualTo("https://host");
  }

  @Test
  void takesUsualSocketWithoutVariable() {
    assertThat(DockerAddress.ofEnvironment(Map.<String, String>of()::get))
        .isEqualTo(DockerAddress.USUAL);
    assertThat(DockerAddress.ofEnvironment(Map.of("DOCKER_HOST", "")::get))
        .isEqualTo(DockerAddress.USUAL);
    assertThat(DockerAddress.ofEnvironment(Map.of("DOCKER_HOST", "tcp://host:1")::get))
        .isEqualTo("tcp://host:1");
  }

  @Test
  void rejectsInvalidUrl() {
    assertThatThrownBy(() -> DockerAddress.of("tcp://a b", false).get("/info"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a b");
  }
}
