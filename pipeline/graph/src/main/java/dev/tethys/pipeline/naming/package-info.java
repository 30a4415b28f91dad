/** Names of indices, tables and topics that contain labels. */
@NullMarked
package dev.tethys.pipeline.naming;

import org.jspecify.annotations.NullMarked;
