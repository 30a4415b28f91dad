/**
 * The agent's side of OpAMP: reports to a server the identity, health and configuration of this
 * process.
 */
@NullMarked
package dev.tethys.pipeline.extension.opamp;

import org.jspecify.annotations.NullMarked;
