import { describe, expect, it } from 'vitest';
import { readOffer } from './parts';

describe('what a server offers', () => {
  it('is what its document says', () => {
    const text = '{"role":"collector","version":"1.2","parts":{"pipelines":""}}';
    expect(readOffer(text)).toEqual({ role: 'collector', version: '1.2', parts: { pipelines: '' } });
  });

  it('is a Prometheus server where nothing or nonsense is said', () => {
    expect(readOffer('').parts).toEqual({ prometheus: '' });
    expect(readOffer('{').parts).toEqual({ prometheus: '' });
    expect(readOffer('{}').role).toBe('server');
  });
});
