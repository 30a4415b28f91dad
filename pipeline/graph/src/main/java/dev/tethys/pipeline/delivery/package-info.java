/**
 * Sending queues of exporters. {@link QueueAdmission} decides what happens to a request when the
 * queue is full ({@link OutboxOptions.WhenFull}); {@link MemoryQueueStorage} and {@link
 * DiskQueueStorage} hold requests; {@link Dispatcher} sends them with retries; {@link
 * DeadLetterSink} keeps permanently rejected requests.
 */
@NullMarked
package dev.tethys.pipeline.delivery;

import org.jspecify.annotations.NullMarked;
