/** The agent's side of OpAMP: a server is sent who this process is, how it is, what it runs. */
@NullMarked
package dev.tethys.pipeline.extension.opamp;

import org.jspecify.annotations.NullMarked;
