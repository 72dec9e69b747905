"""Python's aiohttp: one session, many calls at once."""

import asyncio
import ssl

import aiohttp
import plan


async def one(session, number):
    if plan.is_list:
        request = session.get(plan.url + "/invitations", params={"limit": "500"})
    else:
        request = session.post(plan.url + "/invitations", json=plan.invitation(number))
    async with request as answer:
        answer.raise_for_status()
        value = await answer.json()
    assert len(value["data"]) == 500 if plan.is_list else value["id"]


async def perform(session, calls):
    numbers = iter(range(calls))

    async def work():
        for number in numbers:
            await one(session, number)

    await asyncio.gather(*(work() for _ in range(plan.width)))


async def main():
    trust = ssl.create_default_context(cafile=plan.ca) if plan.ca else None
    connector = aiohttp.TCPConnector(limit=plan.connections, ssl=trust)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, headers=plan.headers,
                                     timeout=timeout) as session:
        await perform(session, plan.warmup)
        with plan.Measured():
            await perform(session, plan.calls)


asyncio.run(main())
