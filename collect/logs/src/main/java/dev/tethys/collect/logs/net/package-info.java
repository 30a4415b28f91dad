/** Listeners for bytes that come over the network without HTTP. */
@NullMarked
package dev.tethys.collect.logs.net;

import org.jspecify.annotations.NullMarked;
