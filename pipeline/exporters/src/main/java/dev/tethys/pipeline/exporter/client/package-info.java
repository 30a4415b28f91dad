/** What destinations share: lines over sockets, datagrams, bounded places, OAuth 2. */
@NullMarked
package dev.tethys.pipeline.exporter.client;

import org.jspecify.annotations.NullMarked;
