package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Requests for labels and series, to which a warm-up gives way. */
class RunningLookupsTest {
  @Test
  void countsLookupsOfClients() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      s.get("/api/v1/labels");
      s.get("/api/v1/label/job/values");
      s.get("/api/v1/series?match%5B%5D=up");
      assertThat(s.get("/api/v1/series")).startsWith("400");
      s.get("/-/ready");
      assertThat(s.lookups.total()).isEqualTo(4);
      assertThat(s.lookups.size()).isZero();
    }
  }
}
