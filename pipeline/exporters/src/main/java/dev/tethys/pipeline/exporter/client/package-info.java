/** Parts shared by exporters: lines over sockets, datagrams, bounded local indices, OAuth 2. */
@NullMarked
package dev.tethys.pipeline.exporter.client;

import org.jspecify.annotations.NullMarked;
