package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;

/** Packets that IPsec dropped, from /proc/net/xfrm_stat. */
final class XfrmCollector implements NodeCollector {
  private record Counter(String field, Desc desc) {}

  private static final Counter[] COUNTERS = {
    new Counter(
        "XfrmInError",
        Desc.counter("node_xfrm_in_error_packets_total", "All errors not matched by other")),
    new Counter(
        "XfrmInBufferError",
        Desc.counter("node_xfrm_in_buffer_error_packets_total", "No buffer is left")),
    new Counter(
        "XfrmInHdrError", Desc.counter("node_xfrm_in_hdr_error_packets_total", "Header error")),
    new Counter(
        "XfrmInNoStates",
        Desc.counter(
            "node_xfrm_in_no_states_packets_total",
            "No state is found i.e. Either inbound SPI, address, or IPsec protocol "
                + "at SA is wrong")),
    new Counter(
        "XfrmInStateProtoError",
        Desc.counter(
            "node_xfrm_in_state_proto_error_packets_total",
            "Transformation protocol specific error e.g. SA key is wrong")),
    new Counter(
        "XfrmInStateModeError",
        Desc.counter(
            "node_xfrm_in_state_mode_error_packets_total", "Transformation mode specific error")),
    new Counter(
        "XfrmInStateSeqError",
        Desc.counter(
            "node_xfrm_in_state_seq_error_packets_total",
            "Sequence error i.e. Sequence number is out of window")),
    new Counter(
        "XfrmInStateExpired",
        Desc.counter("node_xfrm_in_state_expired_packets_total", "State is expired")),
    new Counter(
        "XfrmInStateMismatch",
        Desc.counter(
            "node_xfrm_in_state_mismatch_packets_total",
            "State has mismatch option e.g. UDP encapsulation type is mismatch")),
    new Counter(
        "XfrmInStateInvalid",
        Desc.counter("node_xfrm_in_state_invalid_packets_total", "State is invalid")),
    new Counter(
        "XfrmInTmplMismatch",
        Desc.counter(
            "node_xfrm_in_tmpl_mismatch_packets_total",
            "No matching template for states e.g. Inbound SAs are correct but SP "
                + "rule is wrong")),
    new Counter(
        "XfrmInNoPols",
        Desc.counter(
            "node_xfrm_in_no_pols_packets_total",
            "No policy is found for states e.g. Inbound SAs are correct but no SP is " + "found")),
    new Counter(
        "XfrmInPolBlock", Desc.counter("node_xfrm_in_pol_block_packets_total", "Policy discards")),
    new Counter(
        "XfrmInPolError", Desc.counter("node_xfrm_in_pol_error_packets_total", "Policy error")),
    new Counter(
        "XfrmOutError",
        Desc.counter(
            "node_xfrm_out_error_packets_total", "All errors which is not matched others")),
    new Counter(
        "XfrmOutBundleGenError",
        Desc.counter("node_xfrm_out_bundle_gen_error_packets_total", "Bundle generation error")),
    new Counter(
        "XfrmOutBundleCheckError",
        Desc.counter("node_xfrm_out_bundle_check_error_packets_total", "Bundle check error")),
    new Counter(
        "XfrmOutNoStates",
        Desc.counter("node_xfrm_out_no_states_packets_total", "No state is found")),
    new Counter(
        "XfrmOutStateProtoError",
        Desc.counter(
            "node_xfrm_out_state_proto_error_packets_total",
            "Transformation protocol specific error")),
    new Counter(
        "XfrmOutStateModeError",
        Desc.counter(
            "node_xfrm_out_state_mode_error_packets_total", "Transformation mode specific error")),
    new Counter(
        "XfrmOutStateSeqError",
        Desc.counter(
            "node_xfrm_out_state_seq_error_packets_total",
            "Sequence error i.e. Sequence number overflow")),
    new Counter(
        "XfrmOutStateExpired",
        Desc.counter("node_xfrm_out_state_expired_packets_total", "State is expired")),
    new Counter(
        "XfrmOutPolBlock",
        Desc.counter("node_xfrm_out_pol_block_packets_total", "Policy discards")),
    new Counter(
        "XfrmOutPolDead", Desc.counter("node_xfrm_out_pol_dead_packets_total", "Policy is dead")),
    new Counter(
        "XfrmOutPolError", Desc.counter("node_xfrm_out_pol_error_packets_total", "Policy error")),
    new Counter(
        "XfrmFwdHdrError",
        Desc.counter(
            "node_xfrm_fwd_hdr_error_packets_total", "Forward routing of a packet is not allowed")),
    new Counter(
        "XfrmOutStateInvalid",
        Desc.counter(
            "node_xfrm_out_state_invalid_packets_total", "State is invalid, perhaps expired")),
    new Counter(
        "XfrmAcquireError",
        Desc.counter(
            "node_xfrm_acquire_error_packets_total", "State hasn’t been fully acquired before use"))
  };

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("net/xfrm_stat"));
    double[] values = new double[COUNTERS.length];
    while (t.nextLine()) {
      t.needField();
      for (int i = 0; i < COUNTERS.length; i++) {
        if (t.is(COUNTERS[i].field)) {
          values[i] = t.nextUnsigned();
          break;
        }
      }
    }
    for (int i = 0; i < values.length; i++) {
      out.add(COUNTERS[i].desc, values[i]);
    }
  }
}
