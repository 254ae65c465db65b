import { createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type CertificateName, certificate, certificatePath } from '../testing/certificates.ts';
import { ManualClock } from '../testing/clock.ts';
import { deadPort, peers } from '../testing/peers.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { tlsCertificate } from './tls-certificate.ts';

const running = peers();
afterEach(() => running.close());

const trusting = { host: 'localhost', ca_file: certificatePath('ca') };

function server(name: CertificateName): Promise<number> {
  const started = createServer(certificate(name), (socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  return running.serve(started);
}

/** The context of a check that runs on that day. */
const onDay = (date: string) => checkContext({ clock: new ManualClock(Date.parse(`${date}T23:59:59Z`)) });

describe('tls_certificate', () => {
  it.each([
    ['2099-12-01', 0, undefined, 'CERTIFICATE OK: localhost expires in 30 days, on 2099-12-31'],
    ['2099-12-02', 1, 'target', 'CERTIFICATE WARNING: localhost expires in 29 days, on 2099-12-31'],
    ['2099-12-25', 2, 'target', 'CERTIFICATE CRITICAL: localhost expires in 6 days, on 2099-12-31'],
    ['2100-01-01', 2, 'target', 'CERTIFICATE CRITICAL: localhost expired 1 day ago, on 2099-12-31'],
    ['2019-12-01', 2, 'target', 'CERTIFICATE CRITICAL: localhost is not valid before 2020-01-01'],
  ])('judges the days that are left on %s', async (date, status, fault, line) => {
    const found = await tlsCertificate.run({ ...trusting, port: await server('good') }, onDay(date));
    expect(found.output.split(' | ')[0]).toBe(line);
    expect(found.status).toBe(status);
    expect(found.fault).toBe(fault);
  });

  it('takes other thresholds, and gives the days as perfdata', async () => {
    const options = { ...trusting, port: await server('good'), warning: '60:', critical: 20 };
    const found = await tlsCertificate.run(options, onDay('2099-12-21'));
    expect(found).toMatchObject({ status: 1 });
    expect(found.output).toContain("| 'days'=10;60:;20");
  });

  it('tells of a certificate that expired', async () => {
    const port = await server('expired');
    const found = await tlsCertificate.run({ ...trusting, port }, onDay('2021-01-10'));
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('localhost expired 9 days ago, on 2021-01-01');
    expect(
      (await tlsCertificate.run({ ...trusting, port, insecure: true }, onDay('2021-01-10'))).status,
    ).toBe(2);
  });

  it('tells of a chain that nobody trusted vouches for, unless that is waived', async () => {
    const port = await server('good');
    const found = await tlsCertificate.run({ host: 'localhost', port }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(/the chain is not accepted \(UNABLE_TO_\w+\); localhost expires in/);
    expect(
      (await tlsCertificate.run({ host: 'localhost', port, insecure: true }, checkContext())).status,
    ).toBe(0);
  });

  it('tells of a certificate for another name', async () => {
    const port = await server('other');
    const found = await tlsCertificate.run({ ...trusting, port }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(/the certificate is not for localhost \(.*other\.example/);
    const named = await tlsCertificate.run(
      { ...trusting, port, servername: 'other.example' },
      checkContext(),
    );
    expect(named.status).toBe(0);
  });

  it('says that the connection was refused', async () => {
    const found = await tlsCertificate.run({ host: '127.0.0.1', port: await deadPort() }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('refused the connection');
  });
});
