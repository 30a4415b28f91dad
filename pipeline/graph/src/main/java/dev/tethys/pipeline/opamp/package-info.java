/** Contract between an agent and the control plane, beyond OpAMP itself. */
@NullMarked
package dev.tethys.pipeline.opamp;

import org.jspecify.annotations.NullMarked;
