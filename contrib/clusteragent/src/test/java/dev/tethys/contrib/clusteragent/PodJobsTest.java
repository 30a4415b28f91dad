package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.TargetPreview;
import dev.tethys.model.Labels;
import dev.tethys.prometheus.PrometheusConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Targets of pods with annotations. */
class PodJobsTest {
  private static final String META = "__meta_kubernetes_";
  private static final String NOTE = META + "pod_annotation_";
  private static final KubernetesSettings SETTINGS =
      new KubernetesSettings(
          true, true, true, false, List.of(), Duration.ZERO, "/etc/kube \"config", "");

  private static ScrapeConfig job(String items) throws IOException {
    return PrometheusConfig.parse("test", "scrape_configs:\n" + items).jobs().getFirst();
  }

  private static @Nullable Labels target(ScrapeConfig job, String ip, String... more) {
    String[] all = new String[more.length + 10];
    System.arraycopy(
        new String[] {
          "__address__",
          ip + ":8080",
          META + "pod_ip",
          ip,
          META + "namespace",
          "shop",
          META + "pod_name",
          "web-7d9-x1",
          META + "pod_phase",
          "Running"
        },
        0,
        all,
        0,
        10);
    System.arraycopy(more, 0, all, 10, more.length);
    return TargetPreview.of(job, new TargetGroup("s", List.of(Labels.of(all)), Labels.EMPTY))
        .getFirst()
        .labels();
  }

  @Test
  void scrapesMetricsOfPodsThatAskForIt() throws Exception {
    ScrapeConfig job = job(PodJobs.metrics(PodJobs.discovery(SETTINGS), 15_000));
    assertThat(target(job, "10.1.0.2")).isNull();
    Labels plain =
        Objects.requireNonNull(target(job, "10.1.0.2", NOTE + "coroot_com_scrape_metrics", "true"));
    assertThat(plain.get("__address__")).isEqualTo("10.1.0.2:8080");
    assertThat(plain.get("__metrics_path__")).isEqualTo("/metrics");
    Labels own =
        Objects.requireNonNull(
            target(
                job,
                "10.1.0.2",
                NOTE + "coroot_com_scrape_metrics",
                "true",
                NOTE + "coroot_com_metrics_port",
                "9100",
                NOTE + "coroot_com_metrics_path",
                "/stats",
                NOTE + "coroot_com_metrics_scheme",
                "https"));
    assertThat(own.get("__address__")).isEqualTo("10.1.0.2:9100");
    assertThat(own.get("__metrics_path__")).isEqualTo("/stats");
    assertThat(own.get("__scheme__")).isEqualTo("https");
    assertThat(own.get("namespace") + "/" + own.get("pod")).isEqualTo("shop/web-7d9-x1");
    assertThat(own.get("job")).isEqualTo("custom-metrics-k8s-pods");
  }

  @Test
  void scrapesPodsWithAddressesOfVersion6() throws Exception {
    Labels own =
        Objects.requireNonNull(
            target(
                job(PodJobs.metrics(PodJobs.discovery(SETTINGS), 15_000)),
                "fd00::2",
                NOTE + "coroot_com_scrape_metrics",
                "true",
                NOTE + "coroot_com_metrics_port",
                "9100"));
    assertThat(own.get("__address__")).isEqualTo("[fd00::2]:9100");
  }

  @Test
  void scrapesProfilesByEitherAnnotation() throws Exception {
    ScrapeConfig job = job(PodJobs.profiles(SETTINGS));
    assertThat(job.profiling()).isNotNull();
    assertThat(target(job, "10.1.0.2")).isNull();
    Labels pyroscope =
        Objects.requireNonNull(
            target(
                job,
                "10.1.0.2",
                NOTE + "pyroscope_io_scrape",
                "true",
                NOTE + "pyroscope_io_port",
                "6060"));
    assertThat(pyroscope.get("__address__")).isEqualTo("10.1.0.2:6060");
    assertThat(pyroscope.get("service_name")).isEqualTo("web-7d9-x1");
    Labels both =
        Objects.requireNonNull(
            target(
                job,
                "10.1.0.2",
                NOTE + "coroot_com_profile_scrape",
                "true",
                NOTE + "coroot_com_profile_port",
                "6061",
                NOTE + "pyroscope_io_scrape",
                "false",
                NOTE + "pyroscope_io_port",
                "6060",
                META + "pod_controller_kind",
                "ReplicaSet",
                META + "pod_controller_name",
                "web-7d9",
                META + "pod_node_name",
                "n1"));
    assertThat(both.get("__address__")).isEqualTo("10.1.0.2:6061");
    assertThat(both.get("service_name")).isEqualTo("web");
    assertThat(both.get("node")).isEqualTo("n1");
  }

  @Test
  void leavesOutPodsThatEnded() throws Exception {
    assertThat(
            TargetPreview.of(
                    job(PodJobs.metrics(PodJobs.discovery(SETTINGS), 15_000)),
                    new TargetGroup(
                        "s",
                        List.of(
                            Labels.of(
                                "__address__",
                                "10.1.0.2:80",
                                NOTE + "coroot_com_scrape_metrics",
                                "true",
                                META + "pod_phase",
                                "Succeeded")),
                        Labels.EMPTY))
                .getFirst()
                .labels())
        .isNull();
  }
}
