package dev.tethys.app.alertmanager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.cluster.ClusterOptions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertmanagerFlagsTest {
  private static ClusterOptions options(String... given) {
    return Objects.requireNonNull(
        AlertmanagerFlags.cluster(AlertmanagerFlags.set().parse(List.of(given)), ""));
  }

  @ParameterizedTest
  @CsvSource({
    "--cluster.peer=a:9094, 0.0.0.0:9094",
    "--cluster.tls-config=tls.yml, 0.0.0.0:9094",
    "--cluster.advertise-address=10.0.0.1:9094, 0.0.0.0:9094",
    "--cluster.listen-address=:7, :7",
    "--cluster.listen-address=0.0.0.0:9094, 0.0.0.0:9094",
    "--cluster.peer-name=a, 127.0.0.1:9094"
  })
  void gossipListensOnLoopbackUntilAFlagNamesANetwork(String flag, String listen) {
    assertThat(options(flag).listen()).isEqualTo(listen);
  }

  @Test
  void gossipListensOnLoopbackByDefault() {
    assertThat(options().listen()).isEqualTo("127.0.0.1:9094");
  }

  @Test
  void emptyAddressMeansNoCluster() {
    assertThat(
            AlertmanagerFlags.cluster(
                AlertmanagerFlags.set().parse(List.of("--cluster.listen-address=")), ""))
        .isNull();
  }
}
