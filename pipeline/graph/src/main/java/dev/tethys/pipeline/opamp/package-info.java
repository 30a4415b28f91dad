/** Contract between an agent and the control plane, in addition to OpAMP. */
@NullMarked
package dev.tethys.pipeline.opamp;

import org.jspecify.annotations.NullMarked;
