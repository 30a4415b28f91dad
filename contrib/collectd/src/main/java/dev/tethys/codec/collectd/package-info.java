/**
 * Formats of collectd: the JSON of its plugin write_http and the packets of its plugin network, as
 * metrics and logs. Sources: collectd's "Binary protocol" (wiki), collectd.conf(5), types.db(5).
 */
@NullMarked
package dev.tethys.codec.collectd;

import org.jspecify.annotations.NullMarked;
